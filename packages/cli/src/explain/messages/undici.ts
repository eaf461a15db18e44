import { type Source, source } from "../source.ts";

export const undiciMessages: readonly Source[] = [
  source("Node's own WebSocket (undici)", {
    "accept-mismatch": ["incorrect hash received in sec-websocket-accept header"],
    "upgrade-answer-damaged": [
      "server did not set upgrade header to 'websocket'",
      "server did not set connection header to 'upgrade'",
    ],
    "subprotocol-not-echoed": ["server did not respond with sent protocols"],
    "subprotocol-not-offered": ["protocol was not set in the opening handshake"],
    "extension-unsupported": [
      "received different permessage-deflate options",
      "sec-websocket-extensions header does not match",
    ],
    "node-refused": [
      "received network error or non-101 status code",
      "failwebsocketconnection",
      "establishwebsocketconnection",
    ],
    "frame-protocol-error": [
      "failed frame validation",
      "invalid utf-8 in text frame",
      "frame cannot be masked",
      "invalid opcode received",
      "received invalid utf-8 in text frame",
      "control frame either too large or fragmented",
      "unexpected continuation frame",
      "expected continuation frame",
      "received close frame with a 1-byte body",
      "fragmented frame exceeded 125 bytes",
      "invalid frame type was fragmented",
    ],
    "constructor-subprotocol": ["invalid sec-websocket-protocol value"],
    "constructor-url": ["expected a ws: or wss: protocol", "got fragment", "expected a ws: or wss: url"],
    "frame-compression": ["expected rsv1 to be clear", "rsv1, rsv2, rsv3 must be clear"],
    "message-too-big": ["payload size exceeds maximum allowed size", "received payload length > 2^31 bytes"],
  }),
];
