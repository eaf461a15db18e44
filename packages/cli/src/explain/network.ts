import { by, define, type Entry } from "./entry.ts";
import { browsers, chrome, firefox, python, safari } from "./who.ts";

const anyNode = "`ws` for Node, Node itself or another Node client";

/** The connection, its name, its certificate, and what stands on the way. */
export const network: readonly Entry[] = [
  define({
    id: "WSO327",
    name: "connection-refused",
    title: "Nothing listens on that address and port",
    cause:
      "The server is down, listens on another port, or on 127.0.0.1 only (in a container: on the container's own). `localhost` may mean ::1 to one side and 127.0.0.1 to the other.",
    fix: "Start the server, compare the port, and let it listen on 0.0.0.0 where others must reach it.",
    lines: () => [
      "On the server: ss -ltnp | grep <port>",
      'Node: server.listen(port, "0.0.0.0")',
      "Container: publish the port (docker run -p 3000:3000).",
    ],
    says: [
      by(chrome, "err_connection_refused"),
      by(
        safari,
        ["could not connect to", "connection refused"],
        "could not connect to the server",
        ["knwerrordomainposix", "61"],
        ["nsurlerrordomain", "-1004"],
        "the operation couldn't be completed. connection refused",
      ),
      by(anyNode, "econnrefused"),
      by(python, "connect call failed", "[errno 111]", "[errno 61]", "connection refused"),
    ],
    outside: true,
  }),
  define({
    id: "WSO328",
    name: "connection-reset",
    title: "The connection was cut with a reset",
    cause:
      "A server or a proxy that crashed or closed with data unread, a firewall, or a filter that dislikes upgrades.",
    fix: "Look into the server's log at that moment; try from another network.",
    says: [
      by(chrome, "err_connection_reset", "err_connection_closed", "err_connection_aborted", "err_empty_response"),
      by(
        safari,
        "connection reset by peer",
        ["peer failed to perform tls handshake", "connection reset by peer"],
        ["knwerrordomainposix", "54"],
        ["knwerrordomainposix", "57"],
      ),
      by(anyNode, "econnreset", "epipe"),
      by("Python, Go", "connection reset by peer", "[errno 104]", "broken pipe"),
    ],
    outside: true,
  }),
  define({
    id: "WSO329",
    name: "name-not-resolved",
    title: "The host's name does not resolve",
    cause:
      "A typing error, a record that is missing, or a name that only exists inside a network (a container's or a service's name in a URL for browsers).",
    fix: "Check the name. A page needs a public name, not that of a container.",
    lines: ({ url }) => [
      `nslookup ${url?.hostname ?? "<host>"}`,
      "A page runs in the visitor's browser: it cannot resolve `backend` or `api.default.svc`.",
    ],
    says: [
      by(chrome, "err_name_not_resolved", "err_name_resolution_failed"),
      by(safari, "error resolving '", "a server with the specified hostname could not be found", [
        "nsurlerrordomain",
        "-1003",
      ]),
      by(anyNode, "enotfound", "eai_again"),
      by(
        "Python, Go",
        "no such host",
        "name or service not known",
        "temporary failure in name resolution",
        "nodename nor servname provided",
        "getaddrinfo failed",
      ),
    ],
  }),
  define({
    id: "WSO330",
    name: "connection-timed-out",
    title: "Nothing answers at that address",
    cause:
      "A firewall or security group drops the packets, the address is not routed (a private one, a VPN), or IPv6 is announced and does not work.",
    fix: "Open the port in the firewall, and compare the address the name resolves to.",
    says: [
      by(chrome, "err_connection_timed_out", "err_timed_out", "err_address_unreachable"),
      by(safari, ["could not connect to", "connection timed out"], "the request timed out", [
        "nsurlerrordomain",
        "-1001",
      ]),
      by(anyNode, "etimedout", "ehostunreach", "und_err_connect_timeout"),
      by("Go", "i/o timeout", "context deadline exceeded", "no route to host"),
    ],
    outside: true,
  }),
  define({
    id: "WSO331",
    name: "port-blocked",
    title: "Browsers never connect to this port or address",
    cause:
      "The port is on the list of ports that belong to other protocols (22, 25, 6000, 6666, 10080 and some eighty more), or the address is 0.0.0.0.",
    fix: "Serve on another port (443, 8080, 8443), and connect to a host's name, not to 0.0.0.0.",
    says: [
      by(chrome, "err_unsafe_port", "err_address_invalid"),
      by(safari, ["websocket port ", "blocked"], ["websocket address ", "blocked"]),
    ],
  }),
  define({
    id: "WSO332",
    name: "certificate-untrusted",
    title: "The certificate's issuer is not trusted",
    cause:
      "It is self-signed, its intermediate certificate is missing, or a proxy of the company puts its own in. A page has no button to go on for wss:, even if it has one for https:.",
    fix: "Serve the whole chain (fullchain.pem). For development use mkcert; open https://host/ in a tab to see the browser's own words.",
    lines: ({ url }) => [
      `  openssl s_client -connect ${hostAndPort(url)} -servername ${url?.hostname ?? "<host>"} -showcerts </dev/null`,
      "nginx: ssl_certificate must be the full chain (fullchain.pem).",
      "Development: mkcert localhost; Node clients: NODE_EXTRA_CA_CERTS=rootCA.pem (never NODE_TLS_REJECT_UNAUTHORIZED=0 in production).",
    ],
    says: [
      by(
        chrome,
        "err_cert_authority_invalid",
        "err_cert_invalid",
        "err_cert_revoked",
        "err_cert_weak",
        "err_certificate_transparency_required",
      ),
      by(safari, "unacceptable tls certificate", "the certificate for this server is invalid", [
        "nsurlerrordomain",
        "-1202",
      ]),
      by(
        anyNode,
        "self-signed certificate",
        "self signed certificate",
        "depth_zero_self_signed_cert",
        "self_signed_cert_in_chain",
        "unable_to_verify_leaf_signature",
        "unable to verify the first certificate",
        "unable_to_get_issuer_cert",
        "unable to get local issuer certificate",
      ),
      by(
        "Python, Go",
        "certificate_verify_failed",
        "certificate signed by unknown authority",
        "certificate verify failed",
      ),
    ],
    outside: true,
  }),
  define({
    id: "WSO333",
    name: "certificate-expired",
    title: "The certificate has expired, or is not valid yet",
    cause: "It was not renewed, the server still holds the old one in memory, or the computer's clock is wrong.",
    fix: "Renew the certificate and reload the server; check the clock.",
    lines: ({ url }) => [
      `  openssl s_client -connect ${hostAndPort(url)} -servername ${url?.hostname ?? "<host>"} </dev/null | openssl x509 -noout -dates`,
      "certbot renew && nginx -s reload",
    ],
    says: [
      by(chrome, "err_cert_date_invalid"),
      by(anyNode, "cert_has_expired", "certificate has expired", "cert_not_yet_valid", "certificate is not yet valid"),
      by(
        "Python, Go",
        "certificate has expired or is not yet valid",
        "certificate verify failed: certificate has expired",
      ),
    ],
    outside: true,
  }),
  define({
    id: "WSO334",
    name: "certificate-wrong-name",
    title: "The certificate is for another name",
    cause:
      "The URL has a name (or an IP address) that the certificate does not list; or the server picked another site's certificate.",
    fix: "Connect by a name that the certificate lists, or issue one that lists this name.",
    lines: ({ url }) => [
      `  openssl s_client -connect ${hostAndPort(url)} -servername ${url?.hostname ?? "<host>"} </dev/null | openssl x509 -noout -ext subjectAltName`,
    ],
    says: [
      by(chrome, "err_cert_common_name_invalid"),
      by(anyNode, "err_tls_cert_altname_invalid", "does not match certificate's altnames"),
      by(
        "Python, Go",
        "hostname mismatch",
        ["x509: certificate is valid for", "not"],
        "because it doesn't contain any ip sans",
      ),
    ],
    outside: true,
  }),
  define({
    id: "WSO335",
    name: "tls-failed",
    title: "TLS could not be agreed on",
    cause:
      "Mostly wss: to a port that speaks plain HTTP (a development server, the port behind the proxy); else a server that offers old versions only, or no HTTP/1.1. HSTS turns ws: into wss: without asking.",
    fix: "Use wss: with the TLS port, ws: with the plain one.",
    lines: ({ url }) => [
      `Does it speak TLS? openssl s_client -connect ${hostAndPort(url)} </dev/null`,
      "If it is a development server: ws:// from an http: page, or give it a certificate (mkcert).",
    ],
    says: [
      by(
        chrome,
        "err_ssl_protocol_error",
        "err_ssl_version_or_cipher_mismatch",
        "err_ssl_unrecognized_name_alert",
        "err_ssl_key_usage_incompatible",
        "err_ssl_obsolete_version",
      ),
      by(
        safari,
        "error performing tls handshake",
        "peer failed to perform tls handshake",
        "peer sent fatal tls alert",
        "a tls error caused the secure connection to fail",
        "an ssl error has occurred",
        ["nsurlerrordomain", "-1200"],
      ),
      by(
        anyNode,
        "wrong version number",
        "err_ssl_wrong_version_number",
        "eproto",
        "tlsv1 alert",
        "sslv3 alert handshake failure",
      ),
      by("Python, Go", "wrong_version_number", "first record does not look like a tls handshake", "remote error: tls"),
    ],
    outside: true,
  }),
  define({
    id: "WSO336",
    name: "client-certificate",
    title: "The server asks for a client certificate",
    cause: "A page cannot pick a certificate for a WebSocket; Chrome cancels the handshake.",
    fix: "Do not ask for a client certificate on the socket's host, or install one and open https://host/ in a tab first.",
    lines: () => ["nginx: ssl_verify_client off; for the socket's server block, and authenticate by cookie or ticket."],
    says: [
      by(
        chrome,
        "websocket opening handshake was canceled",
        "err_ssl_client_auth_cert_needed",
        "err_bad_ssl_client_auth_cert",
      ),
      by(safari, ["peer sent fatal tls alert", "certificate is required"]),
      by(anyNode, "tlsv13 alert certificate required", "alert bad certificate"),
      by("Python, Go", "tls: certificate required", "tlsv13_alert_certificate_required"),
    ],
  }),
  define({
    id: "WSO337",
    name: "http11-not-offered",
    title: "The server speaks HTTP/2 only, or refuses the socket there",
    cause:
      "A WebSocket needs HTTP/1.1, or a server that really serves extended CONNECT (RFC 8441). This one offers h2 alone in ALPN, or announces extended CONNECT and refuses it.",
    fix: "Offer http/1.1 in ALPN beside h2, and do not set enableConnectProtocol unless sockets are served over HTTP/2.",
    lines: () => ["Node: http2.createSecureServer({ allowHTTP1: true, key, cert }), without enableConnectProtocol"],
    says: [
      by(
        chrome,
        "err_http2_server_refused_stream",
        "err_http2_protocol_error",
        "err_alpn_negotiation_failed",
        "stream closed with error: net::",
      ),
      by(safari, ["peer sent fatal tls alert", "no supported application protocol could be negotiated"]),
      by(anyNode, "tlsv1 alert no application protocol"),
      by("Go", "tls: no application protocol", "unexpected alpn protocol"),
    ],
    outside: true,
  }),
  define({
    id: "WSO338",
    name: "proxy-failed",
    title: "A forward proxy stands between, and wants a login or refuses the tunnel",
    cause:
      "The network's proxy (a company's, a VPN's) asks for credentials, or does not allow CONNECT to this host or port. If a server of yours answers 407, it should be 401 or 403.",
    fix: "Log in to the proxy, use wss: on port 443, or let the network's administrators allow the host.",
    says: [
      by(
        chrome,
        "err_unexpected_proxy_auth",
        "err_tunnel_connection_failed",
        "err_proxy_connection_failed",
        "err_proxy_auth",
        "proxy authentication failed",
        "establishing a tunnel via proxy server failed",
      ),
      by(anyNode, "tunneling socket could not be established"),
      by("Python, Go", "proxy authentication required", "failed to connect to proxy"),
    ],
  }),
  define({
    id: "WSO339",
    name: "local-network-blocked",
    title: "A public page may not connect to this computer or the local network",
    cause:
      "Chrome asks the user before a public page reaches a private or loopback address, for WebSockets since version 147. The user said no, nobody could be asked (an http: page, a frame without `allow`, a shared worker), or a public name resolves to a private address (staging behind a VPN). It is worded as CORS for fetch, and is not.",
    fix: 'Serve the page over https: and let the user allow it; give frames allow="local-network; loopback-network"; managed browsers: LocalNetworkAccessAllowedForUrls.',
    lines: () => [
      "Serve the page over https:, and answer Allow to Chrome's question (Site settings, Local network / Apps on device).",
      'Frames: <iframe allow="local-network; loopback-network" src="…">',
      "Managed browsers: policy LocalNetworkAccessAllowedForUrls or LoopbackNetworkAllowedForUrls.",
      "If the server is meant to be public, let its name resolve to its public address.",
    ],
    says: [
      by(
        chrome,
        "err_blocked_by_local_network_access_checks",
        "err_blocked_by_private_network_access_checks",
        "permission was denied for this request to access the '",
      ),
      by(firefox, "local network access detected", "local network access permission required"),
    ],
  }),
  define({
    id: "WSO340",
    name: "blocked-on-this-computer",
    title: "Something on this computer blocked the connection",
    cause: "An extension, a policy of the administrator, or a security program. The server never saw it.",
    fix: "Try a guest window without extensions; take the host off the blocker's list.",
    says: [
      by(chrome, "err_blocked_by_client", "err_blocked_by_administrator", "err_blocked_by_response"),
      by(browsers, "ns_error_blocked_by_policy", "content blocker prevented frame", "was blocked by a content blocker"),
    ],
  }),
];

/** Fit for a shell. */
function hostAndPort(url: URL | undefined): string {
  if (url === undefined) return "<host>:443";
  return `${url.hostname}:${url.port === "" ? (url.protocol === "ws:" || url.protocol === "http:" ? 80 : 443) : url.port}`;
}
