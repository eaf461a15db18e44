import { define, type Entry } from "../entry.ts";
import { hostAndPort } from "../message.ts";

/** Certificates and TLS. */
export const tls: readonly Entry[] = [
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
    outside: true,
  }),
  define({
    id: "WSO336",
    name: "client-certificate",
    title: "The server asks for a client certificate",
    cause: "A page cannot pick a certificate for a WebSocket; Chrome cancels the handshake.",
    fix: "Do not ask for a client certificate on the socket's host, or install one and open https://host/ in a tab first.",
    lines: () => ["nginx: ssl_verify_client off; for the socket's server block, and authenticate by cookie or ticket."],
  }),
];
