import { type Source, source } from "../source.ts";

export const safariMessages: readonly Source[] = [
  source("Safari or another WebKit browser", {
    "accept-mismatch": ["server returned incorrect 'sec-websocket-accept' key"],
    "upgrade-answer-damaged": ["server ignored websocket handshake"],
    "subprotocol-not-offered": ["server requested unsupported protocol"],
    "extension-unsupported": ["server requested unsupported extension", "in permessage-deflate extension header"],
    "closed-without-answer": ["connection terminated unexpectedly"],
    "not-http": ["could not parse http response"],
    "safari-refused": ["the server did not accept the websocket handshake", "there was a bad response from the server"],
    "frame-invalid": ["received invalid websocket response from the server"],
    "connection-lost": ["the network connection was lost", "socket is not connected", ["nsurlerrordomain", "-1005"]],
    "network-changed": ["the internet connection appears to be offline", ["nsurlerrordomain", "-1009"]],
    "page-suspended": ["websocket is closed due to suspension"],
    "connection-refused": [
      ["could not connect to", "connection refused"],
      "could not connect to the server",
      ["knwerrordomainposix", "61"],
      ["nsurlerrordomain", "-1004"],
      "the operation couldn't be completed. connection refused",
    ],
    "connection-reset": [
      "connection reset by peer",
      ["peer failed to perform tls handshake", "connection reset by peer"],
      ["knwerrordomainposix", "54"],
      ["knwerrordomainposix", "57"],
    ],
    "name-not-resolved": [
      "error resolving '",
      "a server with the specified hostname could not be found",
      ["nsurlerrordomain", "-1003"],
    ],
    "connection-timed-out": [
      ["could not connect to", "connection timed out"],
      "the request timed out",
      ["nsurlerrordomain", "-1001"],
    ],
    "port-blocked": [
      ["websocket port ", "blocked"],
      ["websocket address ", "blocked"],
    ],
    "certificate-untrusted": [
      "unacceptable tls certificate",
      "the certificate for this server is invalid",
      ["nsurlerrordomain", "-1202"],
    ],
    "tls-failed": [
      "error performing tls handshake",
      "peer failed to perform tls handshake",
      "peer sent fatal tls alert",
      "a tls error caused the secure connection to fail",
      "an ssl error has occurred",
      ["nsurlerrordomain", "-1200"],
    ],
    "client-certificate": [["peer sent fatal tls alert", "certificate is required"]],
    "http11-not-offered": [["peer sent fatal tls alert", "no supported application protocol could be negotiated"]],
    "mixed-content": [
      ["requested insecure content from", "this content was blocked"],
      "[blocked] the page at",
      "either because the protocol is insecure or the page is embedded from an insecure page",
    ],
    "csp-blocked": [["refused to connect to", "of the content security policy"]],
    "csp-report-only": [["[report only] refused to connect to", "of the content security policy"]],
    "cors-on-http": ["is not allowed by access-control-allow-origin", "due to access control checks"],
    "constructor-subprotocol": ["wrong protocol for websocket '", "websocket protocols contain duplicates"],
    "constructor-url": ["url has fragment component", "wrong url scheme for websocket", "invalid url for websocket"],
    "constructor-syntax": [
      "syntaxerror: the string did not match the expected pattern",
      "the string did not match the expected pattern",
    ],
    "close-call-invalid": ["websocket close message is too long"],
  }),
];
