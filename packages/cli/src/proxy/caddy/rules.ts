import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type CaddyRule =
  | "headerLost"
  | "hostLost"
  | "originChanged"
  | "pathMissed"
  | "pathStripped"
  | "lifetime"
  | "readTimeout"
  | "queryLogged"
  | "originLoose";

/** What can be found in a configuration of Caddy. Each rule was seen on Caddy 2, but for the lifetime (`stream_timeout`, Caddy 2.7 and newer), which is read in its documentation. */
export const caddyRules: Readonly<Record<CaddyRule, Rule>> = {
  headerLost: rule(
    "WSO160",
    "caddy-handshake-header",
    "failure",
    "A header of the handshake is removed or replaced",
    "Caddy passes upgrades on by itself. `{>Upgrade}` and `{>Connection}` are of Caddy 1: Caddy 2 sends these letters as they are, and the backend sees no upgrade. So it is with a header that is deleted or fixed to something else.",
    "Delete the line.",
  ),
  hostLost: rule(
    "WSO161",
    "caddy-host-changed",
    "warning",
    "The backend does not see the Host of the browser",
    "Caddy passes Host on by itself. With `{upstream_hostport}` or a fixed name, a server that compares Origin with Host refuses every browser.",
    "Delete the line, or list the public name in the backend.",
  ),
  originChanged: rule(
    "WSO162",
    "caddy-origin-changed",
    "failure",
    "The Origin header is removed or replaced",
    "The backend cannot tell pages of other sites from its own any more: a fixed Origin lets every site in, and a missing one refuses all of them or lets them pass for programs.",
    "Delete the line. Caddy passes Origin on by itself.",
  ),
  pathMissed: rule(
    "WSO163",
    "caddy-path-missed",
    "failure",
    "The matcher does not match the socket's path",
    "`/ws/*` matches `/ws/` and what is below it, and not `/ws` itself. Caddy then answers by itself: 200, with an empty body.",
    "Match both: `/ws*`, or a named matcher with `path /ws /ws/*`.",
  ),
  pathStripped: rule(
    "WSO164",
    "caddy-path-stripped",
    "warning",
    "The backend does not see the path that the browser asked for",
    "`handle_path` and `uri strip_prefix` take the beginning of the path away. A server that opens sockets at that path does not find it: `ws` answers 400, others 404.",
    "Use `handle`, which leaves the path as it is; or let the backend open sockets at the rest.",
  ),
  lifetime: rule(
    "WSO165",
    "caddy-stream-timeout",
    "warning",
    "Every socket is closed after a fixed time",
    "`stream_timeout` is the lifetime of a socket, not an idle limit: Caddy ends it then, however busy it is.",
    "Delete the line. Caddy has no limit by itself.",
  ),
  readTimeout: rule(
    "WSO166",
    "caddy-read-timeout",
    "warning",
    "Sockets are closed unless the backend sends something",
    "`read_timeout` of the transport closes a socket when the backend sent nothing for so long. What the browser sends does not count.",
    "Delete the line, or set it to more than twice the interval of the backend's pings.",
  ),
  queryLogged: rule(
    "WSO167",
    "caddy-query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol. Caddy logs the whole URI and all headers but those of credentials.",
    "Delete the query and Sec-WebSocket-Protocol from the log with `format filter`.",
  ),
  originLoose: rule(
    "WSO168",
    "caddy-origin-loose",
    "failure",
    "The check of Origin lets other sites in",
    "A `*` at the beginning or the end, or an expression without ^ and $, compares a part of Origin: `https://app.example.com.evil.test` begins with an allowed one, and `https://evilapp.example.com` ends with it.",
    "Compare the whole: `header Origin https://app.example.com`.",
  ),
};
