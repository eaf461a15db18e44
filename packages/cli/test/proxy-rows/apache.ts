import { type Row, rowsOf } from "./row.ts";

/** A virtual host with these lines. */
function host(...lines: readonly string[]): string {
  return `<VirtualHost *:443>\n  ServerName app.example.com\n  ${lines.join("\n  ")}\n</VirtualHost>\n`;
}

const kept = "ProxyPreserveHost On";
const socket = "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket timeout=3600";
const rewriteTo = (...lines: readonly string[]) =>
  host("RewriteEngine On", ...lines, "ProxyPass / http://127.0.0.1:3000/ timeout=3600", kept, "ProxyTimeout 3600");

export const apacheRows: readonly Row[] = rowsOf("apache", "app.conf", [
  ["`upgrade=websocket`", host(kept, socket, "ProxyPass / http://127.0.0.1:3000/"), "nothing"],
  ["a ws: backend", host(kept, "ProxyTimeout 600", "ProxyPass /ws ws://127.0.0.1:3000/ws"), "nothing"],
  [
    "in a Location",
    host(kept, "<Location /ws>", "ProxyPass http://127.0.0.1:3000/ws upgrade=websocket timeout=600", "</Location>"),
    "nothing",
  ],
  [
    "ProxyPassMatch",
    host(kept, 'ProxyPassMatch "^/ws/(.*)$" "http://127.0.0.1:3000/ws/$1" upgrade=websocket timeout=600'),
    "nothing",
  ],
  [
    "a RewriteRule with a condition on Upgrade",
    rewriteTo("RewriteCond %{HTTP:Upgrade} =websocket [NC]", "RewriteRule ^/(.*) ws://127.0.0.1:3000/$1 [P,L]"),
    "nothing",
  ],
  [
    "a RewriteRule with conditions on both headers",
    rewriteTo(
      "RewriteCond %{HTTP:Upgrade} websocket [NC]",
      "RewriteCond %{HTTP:Connection} upgrade [NC]",
      "RewriteRule /(.*) ws://127.0.0.1:3000/$1 [P,L]",
    ),
    "nothing",
  ],
  [
    "lines that go on",
    host(kept, "ProxyPass /ws \\", "    http://127.0.0.1:3000/ws \\", "    upgrade=websocket timeout=600"),
    "nothing",
  ],
  ["no `upgrade=`", host(kept, "ProxyPass /ws http://127.0.0.1:3000/ws"), "WSO140 failure"],
  ["no `upgrade=`, for all paths", host(kept, "ProxyPass / http://127.0.0.1:3000/"), "WSO140 warning"],
  [
    "no `upgrade=`, for a path that is asked for",
    host(kept, "ProxyPass / http://127.0.0.1:3000/"),
    "WSO140 failure",
    "/chat",
  ],
  ["`upgrade=h2c`", host(kept, "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=h2c"), "WSO140 failure"],
  [
    "a RewriteRule to http:",
    host(
      "RewriteEngine On",
      "RewriteCond %{HTTP:Upgrade} =websocket [NC]",
      "RewriteRule ^/ws http://127.0.0.1:3000/ws [P]",
      kept,
    ),
    "WSO140 failure",
  ],
  ["the line for all paths stands above", host(kept, "ProxyPass / http://127.0.0.1:3000/", socket), "WSO141 failure"],
  ["the line for all paths stands below", host(kept, socket, "ProxyPass / http://127.0.0.1:3000/"), "nothing"],
  ["RequestHeader sets Upgrade", host(kept, socket, "RequestHeader set Upgrade websocket"), "WSO142 note"],
  ["Host is that of the backend", host(socket), "WSO143 warning"],
  ["ProxyPreserveHost Off", host(socket, "ProxyPreserveHost Off"), "WSO143 warning"],
  ["ProxyPreserveHost for all hosts", `${kept}\n${host(socket)}`, "nothing"],
  ["Origin is removed", host(kept, socket, "RequestHeader unset Origin"), "WSO144 failure"],
  ["Origin is fixed", host(kept, socket, 'RequestHeader set Origin "https://app.example.com"'), "WSO144 failure"],
  [
    "Origin is removed for another path",
    host(kept, socket, "<Location /api>", "RequestHeader unset Origin", "</Location>"),
    "nothing",
  ],
  [
    "both limits are short",
    host(kept, "Timeout 30", "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket timeout=30"),
    "WSO145 warning",
  ],
  [
    "one limit is long",
    host(kept, "Timeout 30", "ProxyTimeout 600", "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket"),
    "nothing",
  ],
  ["the format combined", host(kept, socket, "CustomLog ${APACHE_LOG_DIR}/access.log combined"), "WSO146 warning"],
  [
    "a format without the query",
    host(kept, socket, 'LogFormat "%h %m %U %>s" bare', "CustomLog logs/access.log bare"),
    "nothing",
  ],
  ["a format with %q", host(kept, socket, 'CustomLog logs/access.log "%h %U%q"'), "WSO146 warning"],
  ["a log of other requests", host(kept, socket, "CustomLog logs/access.log combined env=!socket"), "nothing"],
  [
    "the condition wants exactly Upgrade",
    rewriteTo(
      "RewriteCond %{HTTP:Upgrade} =websocket [NC]",
      "RewriteCond %{HTTP:Connection} ^Upgrade$ [NC]",
      "RewriteRule /(.*) ws://127.0.0.1:3000/$1 [P,L]",
    ),
    "WSO147 failure",
  ],
  [
    "the condition counts capitals",
    rewriteTo("RewriteCond %{HTTP:Upgrade} =WebSocket", "RewriteRule /(.*) ws://127.0.0.1:3000/$1 [P,L]"),
    "WSO147 failure",
  ],
  ["HTTP/1.0 to the backend", host(kept, socket, "SetEnv force-proxy-request-1.0 1"), "WSO148 failure"],
  ["a container is not closed", "<VirtualHost *:80>\nProxyPreserveHost On\n", "WSO131 failure"],
  ["the path is not passed on", host(kept, "ProxyPass /api http://127.0.0.1:3000/api"), "WSO132 failure", "/ws"],
]);
