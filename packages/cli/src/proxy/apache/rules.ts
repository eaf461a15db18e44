import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type ApacheRule =
  | "upgradeMissing"
  | "order"
  | "upgradeHeader"
  | "hostLost"
  | "originChanged"
  | "idle"
  | "queryLogged"
  | "exactCondition"
  | "http10";

/** What can be found in a configuration of Apache httpd. Each rule was seen on Apache 2.4. */
export const apacheRules: Readonly<Record<ApacheRule, Rule>> = {
  upgradeMissing: rule(
    "WSO140",
    "apache-upgrade-missing",
    "failure",
    "Apache does not pass the upgrade on",
    "`ProxyPass` to an http: backend drops Upgrade unless it has `upgrade=websocket`, which Apache knows since 2.4.47. The backend gets an ordinary GET and answers 426, 404, 400, or 200 with a page.",
    "Add `upgrade=websocket` to the ProxyPass of the socket's path.",
  ),
  order: rule(
    "WSO141",
    "apache-proxypass-order",
    "failure",
    "An earlier ProxyPass takes the socket's path",
    "Apache uses the first ProxyPass that matches, in the order of the file, not the most specific one. A `ProxyPass /` above the socket's line serves the socket's path too, without the upgrade.",
    "Put the ProxyPass of the socket's path above those of shorter paths.",
  ),
  upgradeHeader: rule(
    "WSO142",
    "apache-upgrade-header",
    "note",
    "RequestHeader does not pass an upgrade on",
    "Apache decides on an upgrade by `upgrade=websocket` or a ws: backend alone. `RequestHeader set Upgrade` or `Connection` changes nothing.",
    "Delete the line, and use `upgrade=websocket`.",
  ),
  hostLost: rule(
    "WSO143",
    "apache-host-lost",
    "warning",
    "The backend does not see the Host of the browser",
    "Without `ProxyPreserveHost On` Apache sends the name of the backend as Host. A server that compares Origin with Host then refuses every browser, and one that checks Host refuses every request.",
    "Set `ProxyPreserveHost On`.",
  ),
  originChanged: rule(
    "WSO144",
    "apache-origin-changed",
    "failure",
    "The Origin header is removed or replaced",
    "The backend cannot tell pages of other sites from its own any more: a fixed Origin lets every site in, and a missing one refuses all of them or lets them pass for programs.",
    "Delete the line. Apache passes Origin on by itself.",
  ),
  idle: rule(
    "WSO145",
    "apache-idle-timeout",
    "warning",
    "Idle sockets are closed after a minute or less",
    "Apache closes a socket without a close frame (code 1006) when nothing was sent either way for the longer of `Timeout` and the backend's own limit (`timeout=` of ProxyPass, or `ProxyTimeout`). `Timeout` is 60 seconds unless set.",
    "Set `timeout=` of the ProxyPass to more than twice the interval of your pings.",
  ),
  queryLogged: rule(
    "WSO146",
    "apache-query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol. `%r` and `%q` write the query down, and so do the formats `common` and `combined`.",
    "Log in a format of its own, with `%m %U %H` in place of `%r`.",
  ),
  exactCondition: rule(
    "WSO147",
    "apache-exact-connection",
    "failure",
    "The condition on Connection refuses Firefox",
    "Firefox sends `Connection: keep-alive, Upgrade`. A RewriteCond that wants exactly `Upgrade`, or that counts capital letters, does not match it, so the handshake is passed on as an ordinary request.",
    "Ask for Upgrade alone: `RewriteCond %{HTTP:Upgrade} =websocket [NC]`.",
  ),
  http10: rule(
    "WSO148",
    "apache-http10",
    "failure",
    "The backend is asked in HTTP/1.0",
    "With `force-proxy-request-1.0` Apache speaks HTTP/1.0 to the backend, and drops the upgrade.",
    "Leave the variable out for the socket's path.",
  ),
};
