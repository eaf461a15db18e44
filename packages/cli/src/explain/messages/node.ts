import { type Source, source } from "../source.ts";

export const nodeMessages: readonly Source[] = [
  source("`ws` for Node, Node itself or another Node client", {
    "port-in-use": ["eaddrinuse"],
    "connection-refused": ["econnrefused"],
    "connection-reset": ["econnreset", "epipe"],
    "name-not-resolved": ["enotfound", "eai_again"],
    "connection-timed-out": ["etimedout", "ehostunreach", "und_err_connect_timeout"],
    "certificate-untrusted": [
      "self-signed certificate",
      "self signed certificate",
      "depth_zero_self_signed_cert",
      "self_signed_cert_in_chain",
      "unable_to_verify_leaf_signature",
      "unable to verify the first certificate",
      "unable_to_get_issuer_cert",
      "unable to get local issuer certificate",
    ],
    "certificate-expired": [
      "cert_has_expired",
      "certificate has expired",
      "cert_not_yet_valid",
      "certificate is not yet valid",
    ],
    "certificate-wrong-name": ["err_tls_cert_altname_invalid", "does not match certificate's altnames"],
    "tls-failed": [
      "wrong version number",
      "err_ssl_wrong_version_number",
      "eproto",
      "tlsv1 alert",
      "sslv3 alert handshake failure",
    ],
    "client-certificate": ["tlsv13 alert certificate required", "alert bad certificate"],
    "http11-not-offered": ["tlsv1 alert no application protocol"],
    "proxy-failed": ["tunneling socket could not be established"],
  }),
  source("Node", {
    "closed-without-answer": [
      "client network socket disconnected before secure tls connection was established",
      "other side closed",
    ],
  }),
];
