import { type Source, source } from "../source.ts";

export const okhttpMessages: readonly Source[] = [
  source("Android or Java, OkHttp", {
    "upgrade-answer-damaged": [
      "expected 'connection' header value 'upgrade' but was",
      "expected 'upgrade' header value 'websocket' but was",
    ],
    "accept-mismatch": [["expected 'sec-websocket-accept' header value", "but was"]],
    "ping-unanswered": ["sent ping but didn't receive pong within"],
    "frame-protocol-error": [
      "client-sent frames must be masked",
      "server-sent frames must not be masked",
      "control frames must be final",
      "unknown opcode:",
      "unknown control opcode:",
      "expected continuation opcode. got:",
      "malformed close payload length of 1",
    ],
    "frame-compression": [
      "unexpected rsv1 flag",
      "unexpected rsv2 flag",
      "unexpected rsv3 flag",
      "unexpected sec-websocket-extensions in response header",
    ],
    "close-call-invalid": ["code must be in range [1000,5000):", ["code", "is reserved and may not be used."]],
    "cleartext-blocked": [
      ["cleartext communication to", "not permitted by network security policy"],
      "cleartext http traffic to",
    ],
    "closed-without-answer": ["unexpected end of stream on", "java.io.eofexception"],
    "certificate-untrusted": [
      "trust anchor for certification path not found",
      "unable to find valid certification path to requested target",
    ],
    "certificate-wrong-name": [["sslpeerunverifiedexception: hostname", "not verified"]],
    "connection-reset": ["socketexception: connection reset"],
    "connection-refused": [["failed to connect to", "econnrefused"]],
    "connection-timed-out": ["java.net.sockettimeoutexception: connect timed out"],
    "handshake-timed-out": [
      "java.net.sockettimeoutexception: timeout",
      "java.net.sockettimeoutexception: read timed out",
    ],
    "name-not-resolved": [["unable to resolve host", "no address associated with hostname"]],
    "client-hides-status": ["java.net.http.websockethandshakeexception"],
  }),
];
