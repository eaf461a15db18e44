import { type Handshake, isSecure, readLines } from "../check/handshake.ts";
import { parseHost } from "../check/host.ts";
import { defaultPort } from "../check/origin.ts";

/**
 * Returns the origin of the page that sent a request without an Origin, if its browser says that the page is one of this server
 * (`Sec-Fetch-Site: same-origin`, which no page can set): the origin is then that of the request itself. The Host must have been checked.
 */
export function ownOrigin(handshake: Handshake): string | undefined {
  const sites = readLines(handshake, "sec-fetch-site");
  if (sites.length !== 1 || sites[0] !== "same-origin") return undefined;
  const authority = parseHost(handshake.host ?? readLines(handshake, "host")[0] ?? "");
  if (authority === undefined) return undefined;
  const { host, port } = authority;
  const scheme = isSecure(handshake) ? "https" : "http";
  return `${scheme}://${host}${port === "" || port === defaultPort(scheme) ? "" : `:${port}`}`;
}
