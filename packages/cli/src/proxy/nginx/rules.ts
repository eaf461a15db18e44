import type { Rule, Severity } from "../../finding.ts";

function rule(id: string, name: string, severity: Severity, title: string, cause: string, fix: string): Rule {
  return { id, name, severity, title, cause, fix };
}

export type NginxRule =
  | "syntax"
  | "includeMissing"
  | "notProxied"
  | "upgradeMissing"
  | "upgradeHardCoded"
  | "upgradeVariable"
  | "connectionMissing"
  | "connectionWrong"
  | "connectionHardCoded"
  | "keepaliveDefeated"
  | "mapMissing"
  | "mapWrong"
  | "httpVersion"
  | "inheritance"
  | "headerInIf"
  | "hostLost"
  | "originRewritten"
  | "readTimeout"
  | "redirected"
  | "limitStatus"
  | "http2Only"
  | "queryLogged"
  | "corsHeader"
  | "basicAuth"
  | "cache"
  | "tlsName"
  | "resolver";

/** What `wsorigin proxy --check` can find, by what the code calls it. */
export const nginxRules: Readonly<Record<NginxRule, Rule>> = {
  syntax: rule(
    "WSO101",
    "nginx-syntax",
    "failure",
    "nginx refuses this file",
    "The file does not follow nginx's grammar, so nginx will not start with it, or keeps the configuration that it has.",
    "Correct the line. `nginx -t` checks the whole configuration.",
  ),
  includeMissing: rule(
    "WSO102",
    "include-missing",
    "note",
    "An included file was not read",
    "The file is not there, so what it sets is not known here. nginx refuses to start without it.",
    "Check on the machine where nginx runs, or check the output of `nginx -T`.",
  ),
  notProxied: rule(
    "WSO103",
    "path-not-proxied",
    "failure",
    "No location passes the socket's path on",
    "nginx answers requests for this path itself: with a file, a redirect, or 404. The handshake never reaches a WebSocket server.",
    "Give the path a location with `proxy_pass`.",
  ),
  upgradeMissing: rule(
    "WSO104",
    "upgrade-not-forwarded",
    "failure",
    "The Upgrade header is not passed on",
    "nginx drops Upgrade unless it is told to set it. The backend then gets an ordinary GET, and answers it as one: 426, 404, 400, or 200 with a page.",
    "Set Upgrade and Connection in the location of the socket.",
  ),
  upgradeHardCoded: rule(
    "WSO105",
    "upgrade-hard-coded",
    "warning",
    "Every request is passed on as an upgrade",
    "Upgrade is set to a fixed text, so ordinary requests ask the backend for a WebSocket too, and it answers them with an error.",
    "Pass on what the client sent: `$http_upgrade`.",
  ),
  upgradeVariable: rule(
    "WSO106",
    "upgrade-wrong-value",
    "failure",
    "Upgrade is set to something that is not the client's",
    "The value is empty, is no WebSocket, or is a variable that does not hold the client's header. The client's Upgrade is in `$http_upgrade`; nginx refuses to start with a variable it does not know, and any `$http_…` that no client sends is empty.",
    "Set Upgrade to `$http_upgrade`.",
  ),
  connectionMissing: rule(
    "WSO107",
    "connection-not-forwarded",
    "failure",
    "The Connection header does not say upgrade",
    "Upgrade counts only together with `Connection: upgrade`, which nginx replaces with `Connection: close` (and leaves out since 1.29.7) unless it is told to set it.",
    "Set Connection beside Upgrade.",
  ),
  connectionWrong: rule(
    "WSO108",
    "connection-wrong-value",
    "failure",
    "The Connection header is set to something else than upgrade",
    "Upgrade counts only together with `Connection: upgrade`. With any other value the backend sees an ordinary request.",
    "Set Connection to a variable that a map makes of `$http_upgrade`.",
  ),
  connectionHardCoded: rule(
    "WSO109",
    "connection-hard-coded",
    "warning",
    "Ordinary requests are passed on with Connection: upgrade",
    "The location serves ordinary requests too. With a fixed `upgrade` they reach the backend with `Connection: upgrade` and no Upgrade, which some servers refuse with 400 or 426.",
    "Let a map set Connection: `upgrade` where the client asks for one, empty otherwise.",
  ),
  keepaliveDefeated: rule(
    "WSO110",
    "keepalive-defeated",
    "note",
    "The map turns the upstream's keepalive off",
    "The map makes `close` of ordinary requests, so each of them opens a connection of its own to the backend, in spite of `keepalive`.",
    "Let the map make an empty value of them: nginx then sends no Connection header.",
  ),
  mapMissing: rule(
    "WSO111",
    "connection-map-missing",
    "failure",
    "The variable is set by no map",
    "A variable such as `$connection_upgrade` is not nginx's own: a `map` in the http block makes it. Without one nginx refuses to start.",
    "Add the map to the http block.",
  ),
  mapWrong: rule(
    "WSO112",
    "connection-map-wrong",
    "failure",
    "The map does not make the right value of an upgrade",
    "For a client that sends `Upgrade: websocket` the map gives something else, so the backend sees an ordinary request.",
    "Make `upgrade` the default of the map, and empty what has no Upgrade.",
  ),
  httpVersion: rule(
    "WSO113",
    "http-version",
    "warning",
    "The upgrade may be passed on in HTTP/1.0",
    "A WebSocket handshake is HTTP/1.1. nginx before 1.29.7 speaks HTTP/1.0 to backends unless it is told otherwise: `ws` for Node does not mind, other servers answer 400 or drop the socket.",
    "Set `proxy_http_version 1.1`.",
  ),
  inheritance: rule(
    "WSO114",
    "headers-not-inherited",
    "failure",
    "An inner block cancels the headers of the outer one",
    "One `proxy_set_header` in a block voids all of those around it. What the outer block sets is not set here.",
    "Repeat the outer block's lines in the inner one, or include them from a file.",
  ),
  headerInIf: rule(
    "WSO115",
    "header-in-if",
    "failure",
    "proxy_set_header in an if",
    "nginx allows `proxy_set_header` in http, server and location only, and refuses to start with one in an `if` or a `limit_except`.",
    "Move it to the location, and choose its value by a map.",
  ),
  hostLost: rule(
    "WSO116",
    "host-lost",
    "warning",
    "The backend does not see the Host of the browser",
    "Unless it is told otherwise nginx sends the name of the upstream as Host. A server that compares Origin with Host then refuses every browser, and one that checks Host refuses every request.",
    "Set Host to `$http_host`, which keeps the port (`$host` drops it).",
  ),
  originRewritten: rule(
    "WSO117",
    "origin-rewritten",
    "failure",
    "The Origin header is replaced",
    "The backend cannot tell pages of other sites from its own any more: a fixed Origin lets every site in, and an empty one refuses all of them or lets them pass for programs.",
    "Delete the line. nginx passes Origin on by itself.",
  ),
  readTimeout: rule(
    "WSO118",
    "idle-timeout",
    "warning",
    "Idle sockets are closed after a minute or less",
    "nginx closes a socket without a close frame (code 1006) when nothing was sent either way for `proxy_read_timeout`, 60 seconds unless set. `proxy_send_timeout` does not matter for open sockets.",
    "Set `proxy_read_timeout` to more than twice the interval of your pings.",
  ),
  redirected: rule(
    "WSO119",
    "socket-redirected",
    "failure",
    "The handshake is answered with a redirect",
    "Browsers do not follow redirects of a WebSocket handshake: it fails.",
    "Serve the very URL that clients use, or change the URL in the client.",
  ),
  limitStatus: rule(
    "WSO120",
    "limit-status",
    "note",
    "Clients over the limit get 503",
    "503 says that the server is down. A client that is told 429 can know that it is to blame, and wait.",
    "Set the status of the limit to 429.",
  ),
  http2Only: rule(
    "WSO121",
    "http2-only",
    "failure",
    "The port speaks HTTP/2 only",
    "`listen … http2` without `ssl` makes nginx before 1.25.1 take every connection for HTTP/2. A WebSocket handshake is HTTP/1.1, and nginx offers no WebSockets over HTTP/2.",
    "Leave `http2` out, or add `ssl`: with TLS both are offered.",
  ),
  queryLogged: rule(
    "WSO122",
    "query-logged",
    "warning",
    "The access log holds tokens of handshakes",
    "Browsers cannot send an Authorization header with a socket, so tokens travel in the query or the subprotocol, and this log format writes that down.",
    "Log these requests in a format of their own, with `$uri` in place of `$request`.",
  ),
  corsHeader: rule(
    "WSO123",
    "cors-header",
    "note",
    "CORS headers do nothing for sockets",
    "Browsers do not apply CORS to WebSockets: this header neither lets a page in nor keeps one out. Only a check of Origin at the handshake does.",
    "Delete the line, and check Origin in the backend.",
  ),
  basicAuth: rule(
    "WSO124",
    "basic-auth",
    "warning",
    "Basic authentication on a socket",
    "Browsers do not ask for a password for a WebSocket handshake, and a page cannot send one: without credentials from before, the handshake fails with 401.",
    "Turn it off for this location, and check a cookie or a ticket in the backend.",
  ),
  cache: rule(
    "WSO125",
    "cache",
    "warning",
    "The socket's location is cached",
    "An answer to an ordinary request (an error, a page) is stored and then given to handshakes too.",
    "Turn the cache off for this location.",
  ),
  tlsName: rule(
    "WSO126",
    "upstream-tls-name",
    "note",
    "The upstream is not told which name is asked for",
    "nginx sends no server name (SNI) to a TLS upstream unless it is told to. Servers with several names then show the wrong certificate or end the connection: 502.",
    "Set `proxy_ssl_server_name on`.",
  ),
  resolver: rule(
    "WSO127",
    "resolver-missing",
    "note",
    "A variable in proxy_pass needs a resolver",
    "With a variable nginx looks the name up for every request, by a `resolver` and not by the system. Without one the answer is 502.",
    "Set a resolver, or name an upstream group.",
  ),
};
