import { type Source, source } from "../source.ts";

export const dartMessages: readonly Source[] = [
  source("Dart or Flutter", {
    "client-hides-status": [["connection to '", "was not upgraded to websocket"], "was not upgraded to websocket"],
    "accept-mismatch": [
      "response did not contain a 'sec-websocket-accept' header",
      "response header 'sec-websocket-accept' is the wrong length",
      "bad response 'sec-websocket-accept' header",
    ],
    "constructor-url": ["unsupported url scheme '"],
    "close-call-invalid": ["websocketexception: reserved status code"],
    "name-not-resolved": ["failed host lookup:"],
    "closed-without-answer": ["connection closed before full header was received"],
    "certificate-untrusted": [["handshakeexception: handshake error in client", "certificate_verify_failed"]],
    "tls-failed": [["handshakeexception: handshake error in client", "wrong_version_number"]],
  }),
];
