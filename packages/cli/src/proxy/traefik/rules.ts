import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type TraefikRule = "hostLost" | "originChanged" | "headerLost" | "pathStripped" | "queryLogged" | "cors" | "h2c";

/** What can be found in a configuration of Traefik. The rules are read in its documentation and sources, and were not run. */
export const traefikRules: Readonly<Record<TraefikRule, Rule>> = {
  hostLost: rule(
    "WSO180",
    "traefik-host-lost",
    "warning",
    "The backend does not see the Host of the browser",
    "With `passHostHeader: false`, or Host in a headers middleware, Traefik sends another Host. A server that compares Origin with Host then refuses every browser. From the documentation of Traefik.",
    "Delete the line: true is the default.",
  ),
  originChanged: rule(
    "WSO181",
    "traefik-origin-changed",
    "failure",
    "The Origin header is removed or replaced",
    "The backend cannot tell pages of other sites from its own any more: a fixed Origin lets every site in, and an empty one removes the header. From the documentation of Traefik's headers middleware.",
    "Delete the line. Traefik passes Origin on by itself.",
  ),
  headerLost: rule(
    "WSO182",
    "traefik-handshake-header",
    "failure",
    "A header of the handshake is removed or replaced",
    "Traefik passes upgrades on by itself. With a headers middleware that empties or replaces Upgrade, Connection or Sec-WebSocket-* the backend sees no handshake. From the documentation of Traefik.",
    "Delete the line.",
  ),
  pathStripped: rule(
    "WSO183",
    "traefik-path-stripped",
    "note",
    "The backend does not see the path that the browser asked for",
    "`stripPrefix` takes the beginning of the path away. A server that opens sockets at that path does not find it. From the documentation of Traefik.",
    "Leave the middleware out for the socket's router, or let the backend open sockets at the rest.",
  ),
  queryLogged: rule(
    "WSO184",
    "traefik-query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol. Traefik logs the path with its query. From the documentation and sources of Traefik.",
    "Drop the fields `RequestPath` and `RequestLine`, or filter the log before it is kept.",
  ),
  cors: rule(
    "WSO185",
    "traefik-cors",
    "note",
    "CORS does nothing for sockets",
    "Browsers do not apply CORS to WebSockets: these headers neither let a page in nor keep one out. Only a check of Origin at the handshake does.",
    "Check Origin in the backend.",
  ),
  h2c: rule(
    "WSO186",
    "traefik-h2c",
    "failure",
    "The backend is asked over HTTP/2",
    "With `h2c://` Traefik speaks HTTP/2 to the backend, where a handshake of HTTP/1.1 has no place. From the documentation of Traefik.",
    "Write `http://` for the service of the socket.",
  ),
};
