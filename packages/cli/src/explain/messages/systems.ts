import { type Source, source } from "../source.ts";

export const systemsMessages: readonly Source[] = [
  source("Python, Go", {
    "connection-reset": ["connection reset by peer", "[errno 104]", "broken pipe"],
    "name-not-resolved": [
      "no such host",
      "name or service not known",
      "temporary failure in name resolution",
      "nodename nor servname provided",
      "getaddrinfo failed",
    ],
    "certificate-untrusted": [
      "certificate_verify_failed",
      "certificate signed by unknown authority",
      "certificate verify failed",
    ],
    "certificate-expired": [
      "certificate has expired or is not yet valid",
      "certificate verify failed: certificate has expired",
    ],
    "certificate-wrong-name": [
      "hostname mismatch",
      ["x509: certificate is valid for", "not"],
      "because it doesn't contain any ip sans",
    ],
    "tls-failed": ["wrong_version_number", "first record does not look like a tls handshake", "remote error: tls"],
    "client-certificate": ["tls: certificate required", "tlsv13_alert_certificate_required"],
    "proxy-failed": ["proxy authentication required", "failed to connect to proxy"],
    "not-open": [
      "cannot write to closing transport",
      "websocket: close sent",
      "socket is already closed",
      "cannot call 'send' once a close message has been sent",
      "websocket is not connected. need to call 'accept' first",
    ],
  }),
  source("Node, Go, Python", {
    "network-changed": ["enetunreach", "network is unreachable", "enetdown"],
  }),
];
