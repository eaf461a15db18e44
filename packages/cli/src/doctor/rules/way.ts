import type { Observations } from "../observe.ts";
import type { DoctorRule } from "./rule.ts";

/** The way to the server: its name, the connection, TLS. */
export const wayRules: readonly DoctorRule[] = [
  way(
    "WSO010",
    "name-unknown",
    "The name has no address",
    "DNS does not know it, or cannot be asked.",
    "Correct the name, or its DNS records.",
    ({ reach: { failed } }) => failed?.at === "dns",
  ),
  way(
    "WSO011",
    "connection-refused",
    "Nobody listens there",
    "The host answers, and no program listens on the port.",
    "Start the server, or correct the port; a firewall may refuse too.",
    ({ reach: { failed } }) => failed?.at === "tcp" && failed.code === "ECONNREFUSED",
  ),
  way(
    "WSO012",
    "connection-failed",
    "There is no connection to the host",
    "Packets go nowhere: a firewall drops them, the host is down, or there is no route.",
    "Open the port in the firewall or security group; see that the host is up.",
    ({ reach: { failed } }) => failed?.at === "tcp",
  ),
  {
    ...way(
      "WSO016",
      "http2-only",
      "The server speaks HTTP/2 and nothing else",
      "Browsers ask for a socket over HTTP/1.1 unless the server offers RFC 8441, and this one offers no HTTP/1.1 in ALPN.",
      "Let it offer http/1.1 too (nginx: http2 on beside the usual; Node.js: allowHTTP1: true), or serve RFC 8441.",
      () => false,
    ),
    when: (seen) =>
      seen.http2Only
        ? { seen: [`ALPN: h2 is accepted, http/1.1 is not: ${seen.reach.failed?.message ?? ""}`] }
        : undefined,
  },
  way(
    "WSO017",
    "tls-on-plain-port",
    "wss: on a port that does not speak TLS",
    "What came back to the TLS greeting is no TLS: the port serves plain http.",
    "Use the port that speaks TLS (443), or ws: where there is none.",
    ({ reach: { failed } }) =>
      failed?.at === "tls" &&
      /WRONG_VERSION_NUMBER|PACKET_LENGTH|unknown protocol|wrong version/i.test(`${failed.code} ${failed.message}`),
  ),
  way(
    "WSO019",
    "tls-failed",
    "TLS cannot be agreed on",
    "Server and client find no common protocol or cipher, or the server ends the greeting: a wrong name (SNI), a client certificate it wants, a port that is no web server's.",
    "Look at the server's TLS settings and log.",
    ({ reach: { failed } }) => failed?.at === "tls",
  ),
  certificate(
    "WSO013",
    "certificate-expired",
    "The certificate has expired",
    "Browsers offer no way round for sockets: the handshake fails without a question.",
    "Renew the certificate, and see that renewal runs by itself.",
    /EXPIRED|NOT_YET_VALID/,
  ),
  certificate(
    "WSO014",
    "certificate-name",
    "The certificate is for another name",
    "Browsers compare the name in the URL with the certificate's, and refuse without a question.",
    "Use a name that the certificate has, or get one for this name.",
    /ALTNAME|HOSTNAME/,
  ),
  certificate(
    "WSO015",
    "certificate-untrusted",
    "The certificate is not trusted",
    "It is self-signed, or the chain to a known authority is not complete (an intermediate is missing). For a socket no browser asks the visitor.",
    "Install a certificate of a public authority with its whole chain; for development let the browser trust your own authority.",
    /./,
  ),
];

function way(
  id: string,
  name: string,
  title: string,
  cause: string,
  fix: string,
  fires: (seen: Observations) => boolean,
): DoctorRule {
  return {
    id,
    name,
    title,
    cause,
    fix,
    group: "way",
    severity: "failure",
    when: (seen) =>
      fires(seen)
        ? { seen: [`${seen.reach.failed?.code ?? ""} ${seen.reach.failed?.message ?? ""}`.trim()] }
        : undefined,
  };
}

function certificate(id: string, name: string, title: string, cause: string, fix: string, form: RegExp): DoctorRule {
  return {
    ...way(id, name, title, cause, fix, () => false),
    when: ({ reach: { certificate } }) =>
      certificate?.problem === undefined || !form.test(certificate.problem)
        ? undefined
        : {
            seen: [
              `${certificate.problem}: ${certificate.subject}, for ${certificate.names || "no names"}, by ${certificate.issuer}, until ${certificate.validTo}`,
            ],
          },
  };
}
