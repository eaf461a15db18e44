import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type HaproxyRule =
  | "idle"
  | "headerLost"
  | "originChanged"
  | "hostLost"
  | "queryLogged"
  | "http2Backend"
  | "originLoose"
  | "refused";

/** What can be found in a configuration of HAProxy. Each rule was seen on HAProxy 2.6. */
export const haproxyRules: Readonly<Record<HaproxyRule, Rule>> = {
  idle: rule(
    "WSO150",
    "haproxy-idle-timeout",
    "warning",
    "Idle sockets are closed after a minute or less",
    "HAProxy closes a socket without a close frame (code 1006) when nothing was sent either way for `timeout tunnel`; without that, for the shorter of `timeout client` and `timeout server`, which are made for ordinary requests.",
    "Set `timeout tunnel` to more than twice the interval of your pings.",
  ),
  headerLost: rule(
    "WSO151",
    "haproxy-handshake-header",
    "failure",
    "A header of the handshake is removed or replaced",
    "HAProxy passes upgrades on by itself. Without Upgrade and Connection the backend gets an ordinary GET; without Sec-WebSocket-Key HAProxy makes up a key, and the browser refuses the answer; without Sec-WebSocket-Protocol no subprotocol is agreed on.",
    "Delete the line, or give it a condition that leaves handshakes alone.",
  ),
  originChanged: rule(
    "WSO152",
    "haproxy-origin-changed",
    "failure",
    "The Origin header is removed or replaced",
    "The backend cannot tell pages of other sites from its own any more: a fixed Origin lets every site in, and a missing one refuses all of them or lets them pass for programs.",
    "Delete the line. HAProxy passes Origin on by itself.",
  ),
  hostLost: rule(
    "WSO153",
    "haproxy-host-changed",
    "warning",
    "The backend does not see the Host of the browser",
    "HAProxy passes Host on by itself. With another one, a server that compares Origin with Host refuses every browser.",
    "Delete the line, or list the public name in the backend.",
  ),
  queryLogged: rule(
    "WSO154",
    "haproxy-query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol. `option httplog` writes the whole request line down (`%r`), query and all.",
    "Use a log-format with `%HM %HPO %HV` (path without the query, since 2.4) in place of `%r`.",
  ),
  http2Backend: rule(
    "WSO155",
    "haproxy-http2-backend",
    "failure",
    "The backend is asked over HTTP/2 only",
    "With `proto h2` HAProxy sends the handshake as extended CONNECT (RFC 8441). Most servers do not take it there, and HAProxy answers 502.",
    "Add `ws h1` to the server line: handshakes then go over HTTP/1.1.",
  ),
  originLoose: rule(
    "WSO156",
    "haproxy-origin-loose",
    "failure",
    "The check of Origin lets other sites in",
    "`hdr_sub`, `hdr_beg`, `hdr_end`, `hdr_dom`, `hdr_dir` and expressions without ^ and $ compare a part of Origin: `https://app.example.com.evil.test` begins with an allowed one, and `https://evilapp.example.com` ends with it.",
    "Compare the whole: `hdr(Origin) -m str https://app.example.com`.",
  ),
  refused: rule(
    "WSO157",
    "haproxy-handshake-refused",
    "failure",
    "The handshake is refused by a rule",
    "A rule denies, redirects or rejects requests that ask for an upgrade, so no socket opens.",
    "Delete the rule, or give it a condition that leaves the socket's path alone.",
  ),
};
