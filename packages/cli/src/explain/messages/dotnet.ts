import { type Source, source } from "../source.ts";

export const dotnetMessages: readonly Source[] = [
  source(".NET", {
    "connection-lost": ["the remote party closed the websocket connection without completing the close handshake"],
    "upgrade-answer-damaged": [
      "the server's response was missing the required header '",
      ["the '", "header value '", "' is invalid."],
    ],
    "subprotocol-not-offered": [
      ["the websocket client request requested '", "protocol(s), but server is only accepting '"],
    ],
    "ping-unanswered": [
      ["the websocket didn't", "a pong frame in response to a ping frame within the configured keepalivetimeout"],
    ],
    "not-open": [
      "instance cannot be used for communication because it has been transitioned into the '",
      ["the websocket is in an invalid state ('", "for this operation. valid states are:"],
      "the websocket is not connected.",
      "the websocket has already been started.",
    ],
    "constructor-url": ["only uris starting with 'ws://' or 'wss://' are supported"],
    "constructor-subprotocol": [
      ["the websocket protocol '", "is invalid because it contains the invalid character '"],
      "duplicate protocols are not allowed:",
    ],
    "close-call-invalid": [
      ["the close status code '", "is reserved for system use only"],
      ["the close status description '", "is too long"],
    ],
    "concurrent-use": [["there is already one outstanding '", "call for this websocket instance"]],
    "frame-compression": [
      "the websocket received a frame with one or more reserved bits set",
      "the websocket received compressed frame when compression is not enabled",
    ],
    "frame-protocol-error": [
      "the websocket server sent a masked frame",
      "the websocket received a continuation frame from a previous final message",
      "the websocket expected a continuation frame",
      "the websocket received an invalid control message",
      "the websocket received a frame with an unknown opcode",
      "the websocket received a frame with an invalid payload length",
    ],
    "certificate-untrusted": [
      "the remote certificate is invalid according to the validation procedure",
      "the remote certificate is invalid because of errors in the certificate chain",
    ],
    "tls-failed": ["the ssl connection could not be established"],
    "reason-unknown": ["unable to connect to the remote server"],
    "connection-refused": ["no connection could be made because the target machine actively refused it"],
  }),
];
