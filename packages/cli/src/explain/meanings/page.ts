import { contentSecurityPolicy } from "../csp.ts";
import { define, type Entry } from "../entry.ts";
import { secureCall } from "../message.ts";

/** What the page itself forbids, or does wrong. */
export const page: readonly Entry[] = [
  define({
    id: "WSO341",
    name: "mixed-content",
    title: "An https: page may not open ws:",
    cause:
      "The page came over TLS and the socket would not. Chrome and Firefox let ws://localhost and ws://127.0.0.1 pass; Safari does not.",
    fix: "Open the socket with wss:.",
    lines: (message) => [
      secureCall(message),
      'For any page: new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`)',
      "The proxy that serves https: must pass the socket's path on, too.",
    ],
  }),
  define({
    id: "WSO342",
    name: "mixed-content-allowed",
    severity: "warning",
    title: "An https: page opens ws: to this computer, which Chrome still lets pass",
    cause: "Chrome and Firefox allow it for loopback addresses only, and call it deprecated; Safari blocks it.",
    fix: "Open the socket with wss: if the page is for anybody else.",
    lines: (message) => [secureCall(message)],
  }),
  define({
    id: "WSO343",
    name: "insecure-operation",
    title: "The browser refuses the constructor: mixed content, or the page's Content-Security-Policy",
    cause:
      "Firefox throws this for ws: from an https: page, and prints nothing else. Safari throws it where connect-src does not list the socket, and prints a line beside it.",
    fix: "If the URL begins with ws:, make it wss:. If it does already, add it to connect-src.",
    lines: (message) => [secureCall(message), ...contentSecurityPolicy(message)],
    strength: "vague",
  }),
  define({
    id: "WSO344",
    name: "csp-blocked",
    title: "The page's Content-Security-Policy does not list the socket",
    cause:
      "connect-src (or default-src, where there is none) must list the socket with its scheme: https://host does not allow wss://host, nor does a bare host. 'self' means the same host and port; before Safari 15.4 it never meant a WebSocket. Chrome fires `error` and no `close`; Firefox and Safari throw.",
    fix: "Add the socket's origin, with wss:, to connect-src.",
    lines: contentSecurityPolicy,
  }),
  define({
    id: "WSO345",
    name: "csp-report-only",
    severity: "note",
    title: "A report-only policy would block the socket; it did not",
    cause: "Content-Security-Policy-Report-Only changes nothing: the line is not the reason for a failure.",
    fix: "Before the policy is enforced, add the socket's origin to connect-src.",
    lines: contentSecurityPolicy,
  }),
  define({
    id: "WSO346",
    name: "csp-upgrade",
    severity: "note",
    title: "The page's policy turns ws: into wss:",
    cause:
      "upgrade-insecure-requests rewrites every ws: URL. Firefox and Safari do so for localhost, too, where a development server speaks no TLS.",
    fix: "Write wss: in the page. For development leave upgrade-insecure-requests out of the policy.",
  }),
  define({
    id: "WSO347",
    name: "cors-on-http",
    title: "A CORS problem, but of an HTTP request beside the socket",
    cause:
      "WebSockets know no CORS. Socket.IO and SockJS begin with HTTP polling, SignalR with POST …/negotiate, others fetch a ticket: that request is what the browser blocks.",
    fix: "Give the HTTP part its CORS headers, or go without it; a `cors` option guards no WebSocket.",
    lines: () => [
      'Socket.IO server: new Server(httpServer, { cors: { origin: "https://app.example.com": true } })',
      'Socket.IO client, without polling: io(url, { transports: ["websocket"] })',
      "SignalR client, without negotiate: { skipNegotiation: true, transport: signalR.HttpTransportType.WebSockets }",
      "The socket itself still needs an Origin check on the server.",
    ],
  }),
  define({
    id: "WSO348",
    name: "constructor-subprotocol",
    title: "A subprotocol is no valid name, or is given twice",
    cause:
      "A subprotocol is an HTTP token: no space, comma, slash, equals sign or control character. A token in plain base64, or with its padding, throws.",
    fix: "Use base64url without padding, and each name once.",
    lines: () => ['const name = btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");'],
  }),
  define({
    id: "WSO349",
    name: "constructor-url",
    title: "The URL is none that a WebSocket takes",
    cause:
      "Another scheme than ws:, wss:, http: or https:, a fragment (#…), a space, or no host. Old browsers know ws: and wss: only, and no relative URLs.",
    fix: "Write ws: or wss:, a host, and no fragment.",
    lines: () => [
      'new WebSocket("wss://api.example.com/ws")',
      'Relative to the page: new WebSocket(new URL("/ws", location.href.replace(/^http/, "ws")))',
    ],
  }),
  define({
    id: "WSO350",
    name: "constructor-syntax",
    title: "The constructor refuses the URL or a subprotocol",
    cause:
      "Firefox and Safari do not say which. The URL must be ws: or wss: without a fragment, a subprotocol an HTTP token (no `=`, `/`, space), each once.",
    fix: "Print both before the call.",
    lines: () => [
      "console.log(JSON.stringify(url), JSON.stringify(protocols)); // before new WebSocket(url, protocols)",
    ],
    strength: "vague",
  }),
  define({
    id: "WSO351",
    name: "close-call-invalid",
    title: "close() was called with a code or a reason that pages may not send",
    cause: "A page may close with 1000 or 3000 to 4999 and a reason of at most 123 bytes in UTF-8.",
    fix: "Use a code of your own between 4000 and 4999.",
    lines: () => ['ws.close(4000, "short reason")'],
  }),
  define({
    id: "WSO352",
    name: "not-open",
    title: "send() was called before the socket opened, or after it closed",
    cause:
      "Before `open` it throws; after the close browsers drop the message and print a line. If the socket never opens, its own failure is what to look for.",
    fix: "Wait for `open`, and look at the `close` event's code if it does not come.",
    lines: () => [
      'ws.addEventListener("open", () => ws.send(data));',
      'ws.addEventListener("close", ({ code, reason }) => console.log(code, reason)); // then: wsorigin explain <code>',
    ],
    strength: "vague",
  }),
];
