import { type Source, source } from "../source.ts";

export const browsersMessages: readonly Source[] = [
  source("a browser", {
    "blocked-on-this-computer": [
      "ns_error_blocked_by_policy",
      "content blocker prevented frame",
      "was blocked by a content blocker",
    ],
    "upgrade-stripped": ["no upgrade header found"],
    "reason-unknown": ["websocket connection to", "websocket connection failed"],
    unrelated: [
      "failed to load resource",
      ["loading the ", "violates the following content security policy directive"],
      "not allowed to navigate top frame to data url",
      "navigation to toplevel data: uri not allowed",
      "an iframe which has both allow-scripts and allow-same-origin",
      "couldn't process unknown directive",
      "unrecognized content-security-policy directive",
      "has a report-only policy without a report-uri",
      "was delivered in report-only mode, but does not specify",
      ["upgrading insecure request", "to use 'https'"],
      "feature policy: skipping unsupported feature",
      ["cookie '", "will soon be rejected"],
      "not allowed to request resource",
      "download the react devtools",
      "devtools failed to load source map",
    ],
  }),
  source("Chrome, Safari", {
    "closed-before-open": ["websocket is closed before the connection is established"],
    "too-many-sockets": ["insufficient resources"],
  }),
  source("Firefox, Safari", {
    "insecure-operation": ["securityerror: the operation is insecure", "the operation is insecure"],
  }),
  source("Firefox, Node", {
    "close-call-invalid": ["invalid code", "reason must be less than 123 bytes"],
  }),
  source("Firefox, Safari, Node", {
    "not-open": [
      "invalidstateerror: an attempt was made to use an object that is not, or is no longer, usable",
      "sent before connected",
      "invalidstateerror: the object is in an invalid state",
    ],
  }),
  source("a WebSocket client", {
    "reason-unknown": [
      "failed to websocket dial",
      "websocket handshake",
      "error in connection establishment",
      "net::err_",
      "error during websocket handshake",
    ],
  }),
];
