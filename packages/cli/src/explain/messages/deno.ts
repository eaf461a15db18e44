import { type Source, source } from "../source.ts";

export const denoMessages: readonly Source[] = [
  source("Deno", {
    "connection-refused": ["failed to connect to websocket: tcp connect error"],
    "name-not-resolved": ["failed to connect to websocket: dns error"],
    "not-http": [
      "failed to connect to websocket: operation was canceled",
      "failed to connect to websocket: invalid http version",
    ],
    "connection-reset": ["failed to connect to websocket: connection error"],
    "closed-without-answer": ["failed to connect to websocket: connection closed before message completed"],
    "upgrade-answer-damaged": [
      "failed to connect to websocket: invalid upgrade header",
      "failed to connect to websocket: invalid connection header",
    ],
    "certificate-untrusted": [
      "failed to connect to websocket: invalid peer certificate",
      "invalid peer certificate: unknownissuer",
    ],
    "certificate-expired": ["invalid peer certificate: expired"],
    "certificate-wrong-name": [
      "invalid peer certificate: notvalidforname",
      "invalid peer certificate: certificate not valid for name",
    ],
    "tls-failed": ["received corrupt message of type invalidcontenttype"],
    "frame-protocol-error": ["error: invalid utf-8"],
    "frame-compression": ["reserved bits are not zero"],
    "reason-unknown": ["failed to connect to websocket"],
    "permission-missing": [["requires net access to", "run again with the --allow-net flag"]],
  }),
];
