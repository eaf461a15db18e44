import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type EnvoyRule =
  | "upgradeMissing"
  | "idle"
  | "lifetime"
  | "hostLost"
  | "headerLost"
  | "queryLogged"
  | "connectMissing";

/** What can be found in a configuration of Envoy. The rules are read in its documentation and were not run. */
export const envoyRules: Readonly<Record<EnvoyRule, Rule>> = {
  upgradeMissing: rule(
    "WSO190",
    "envoy-upgrade-missing",
    "failure",
    "Envoy refuses the upgrade",
    "Envoy answers a handshake with 403 unless `upgrade_configs` of the connection manager, or of the route, names `websocket`. From the documentation of Envoy.",
    "Add `upgrade_configs: [{ upgrade_type: websocket }]` to the HttpConnectionManager.",
  ),
  idle: rule(
    "WSO191",
    "envoy-idle-timeout",
    "warning",
    "Idle sockets are closed after a minute or less",
    "Envoy closes a socket without a close frame (code 1006) when nothing was sent either way for `stream_idle_timeout` (5 minutes unless set), or the route's `idle_timeout`, which goes first. A route's `timeout` does not matter: it counts from the end of the request, which an open socket does not have. From the documentation of Envoy.",
    "Set it to more than twice the interval of your pings; 0s turns it off.",
  ),
  lifetime: rule(
    "WSO192",
    "envoy-max-duration",
    "warning",
    "Every socket is closed after a fixed time",
    "`max_stream_duration` is the lifetime of a socket, however busy it is. From the documentation of Envoy.",
    "Set it to 0s for the socket's route.",
  ),
  hostLost: rule(
    "WSO193",
    "envoy-host-rewritten",
    "warning",
    "The backend does not see the Host of the browser",
    "With a host rewrite, a server that compares Origin with Host refuses every browser. From the documentation of Envoy.",
    "Delete the rewrite for the socket's route, or list the public name in the backend.",
  ),
  headerLost: rule(
    "WSO194",
    "envoy-header-removed",
    "failure",
    "A header of the handshake is removed or replaced",
    "The backend needs Upgrade, Connection and Sec-WebSocket-* as the browser sent them, and Origin to tell pages of other sites from its own. From the documentation of Envoy.",
    "Delete the header from the list.",
  ),
  queryLogged: rule(
    "WSO195",
    "envoy-query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol. `%REQ(:PATH)%` is the path with its query, and Envoy's default format has it. From the documentation of Envoy.",
    "Use a format of your own with `%PATH(NQ)%`, or `%REQ_WITHOUT_QUERY(:PATH)%` and its formatter.",
  ),
  connectMissing: rule(
    "WSO196",
    "envoy-allow-connect",
    "failure",
    "The HTTP/2 backend is not told of the upgrade",
    "To a cluster of HTTP/2 Envoy sends the handshake as extended CONNECT, which needs `allow_connect: true` in its http2_protocol_options, and a backend that takes it. From the documentation of Envoy.",
    "Use HTTP/1.1 for the socket's cluster, or set `allow_connect: true`.",
  ),
};
