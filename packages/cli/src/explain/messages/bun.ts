import { type Source, source } from "../source.ts";

export const bunMessages: readonly Source[] = [
  source("Bun", {
    "client-hides-status": ["expected 101 status code"],
    "accept-mismatch": ["mismatch websocket accept header"],
    "upgrade-answer-damaged": [
      "missing upgrade header",
      "missing connection header",
      "missing websocket accept header",
      "invalid upgrade header",
      "invalid connection header",
    ],
    "subprotocol-not-offered": ["mismatch client protocol"],
    "closed-without-answer": ["websocket connection to '<url>' failed: connection ended"],
    "connection-refused": ["websocket connection to '<url>' failed: failed to connect"],
    "not-http": ["websocket connection to '<url>' failed: invalid response"],
    "certificate-untrusted": ["tls handshake failed: self signed certificate"],
    "tls-failed": ["tls handshake failed"],
    "frame-protocol-error": [
      "protocol error - control frame is fragmented",
      "protocol error - unexpected mask from server",
      "protocol error - unsupported control frame",
      "server sent invalid utf8",
    ],
    "frame-compression": ["protocol error - rsv1 must be clear"],
  }),
];
