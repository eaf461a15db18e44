import { define, type Entry } from "../entry.ts";
import { keepAlive, nginxUpgrade } from "../fixes.ts";

/** What proxies write into their logs and error pages. */
export const proxies: readonly Entry[] = [
  define({
    id: "WSO410",
    name: "nginx-variable-unknown",
    title: "The configuration of nginx uses a variable that is not defined",
    cause:
      "nginx does not know $connection_upgrade by itself: a map must define it, outside of every server block. Without it nginx does not start or reload.",
    fix: "Add the map to the http block, test with nginx -t, and reload.",
    lines: () => [
      "In the http block, outside of server:",
      "  map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
      "Then: nginx -t && nginx -s reload",
    ],
  }),
  define({
    id: "WSO411",
    name: "proxy-upstream-closed",
    title: "The server behind the proxy closed the connection without an answer (502)",
    cause:
      "Most likely the server destroys the socket of a handshake that it refuses, or no `upgrade` listener serves the path. Else the process crashed or restarted at that moment, or the port speaks TLS.",
    fix: "Ask the server behind the proxy directly, read its log, and let it answer with a status before it closes.",
    lines: () => [
      "From the proxy's machine: wsorigin doctor ws://127.0.0.1:<port>/<path>",
      "Look into the server's own log at that second: a crash, or a refusal by socket.destroy().",
      'Refuse with a status: socket.end("HTTP/1.1 403 Forbidden\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n");',
    ],
  }),
  define({
    id: "WSO412",
    name: "proxy-upstream-unreachable",
    title: "The proxy cannot connect to the server behind it",
    cause:
      "The server is not running, listens on another port or address (::1 instead of 127.0.0.1, or on the container's own), or its name does not resolve on the proxy's machine.",
    fix: "Compare the address in the proxy's configuration with where the server listens.",
    lines: () => [
      "On the server's machine: ss -ltnp | grep <port>",
      "From the proxy's machine or container: curl -i http://<host>:<port>/",
      'In a container "localhost" is the container itself: write the name of the service, and server.listen(port, "0.0.0.0").',
    ],
  }),
  define({
    id: "WSO413",
    name: "proxy-upstream-slow",
    title: "The server behind the proxy did not answer the handshake in time (504)",
    cause:
      "No `upgrade` listener answers on that path, an authentication never ends, or a firewall drops the packets between proxy and server. The timeout of an open socket is another one.",
    fix: "Answer every upgrade, a refused one too, and give every decision a deadline.",
    lines: () => [
      "From the proxy's machine: wsorigin doctor ws://127.0.0.1:<port>/<path>",
      'Something must answer: server.on("upgrade", …). A route of Express or Next.js never sees an upgrade.',
    ],
  }),
  define({
    id: "WSO414",
    name: "proxy-upstream-protocol",
    title: "The proxy and the server behind it do not speak the same protocol",
    cause:
      "The proxy speaks TLS to a port without TLS, or the other way round; or something else than an HTTP/1.1 server listens there; or the answer's header is larger than the proxy's buffer.",
    fix: "Write http: for a port without TLS and https: for one with it, and compare the port.",
    lines: () => [
      "Does the port speak TLS? openssl s_client -connect <host>:<port> </dev/null",
      "nginx: proxy_pass http://…; for a plain port. Caddy: reverse_proxy http://…. HAProxy: no `ssl` on the server line.",
      "`too big header`: proxy_buffer_size 16k;",
    ],
  }),
  define({
    id: "WSO415",
    name: "proxy-tunnel-cut",
    title: "The proxy ended an open socket",
    cause:
      "The handshake succeeded. `timed out`: nothing was sent for as long as the proxy's timeout (60 seconds in nginx). `reset` and `closed`: the server behind it or the client went away. The page sees close code 1006.",
    fix: "Send something more often than the timeout, or raise it; let the client reconnect.",
    lines: () => [...keepAlive, "Where exactly it is cut: wsorigin doctor <url> --idle"],
    strength: "vague",
  }),
  define({
    id: "WSO416",
    name: "proxy-denied",
    title: "The proxy itself refuses the request",
    cause:
      "A rule in its configuration matches: an address list (allow, deny, Require), basic authentication, an authentication request, or an http-request deny. The server behind it never saw the handshake.",
    fix: "Find the rule that covers the socket's path, and make an exception for it where it is safe.",
    lines: () => [
      "nginx: nginx -T | grep -nE 'deny|allow|auth_' Apache: look for Require and <Location>. HAProxy: look for http-request deny.",
      "Browsers cannot send an Authorization header with a WebSocket: authenticate the socket by cookie or ticket instead.",
    ],
  }),
  define({
    id: "WSO417",
    name: "proxy-limited",
    title: "A limit of the proxy was reached",
    cause:
      "limit_req or limit_conn counts handshakes or open sockets of one address, which many users behind one proxy share; or worker_connections is too small: each socket takes two connections. nginx answers 503 unless limit_req_status says otherwise.",
    fix: "Count per user instead of per proxy, raise the limit for the socket's path, and let clients wait between attempts.",
    lines: () => [
      "nginx: limit_req_status 429; limit_conn_status 429;",
      "nginx behind another proxy: set_real_ip_from <its address>; real_ip_header X-Forwarded-For;",
      "nginx: events { worker_connections 8192; }",
    ],
  }),
  define({
    id: "WSO418",
    name: "proxy-no-server",
    title: "The proxy has no server that it may send the handshake to (503)",
    cause:
      "Every server behind it is down or failed its health check, the pool is empty, or no rule picks a pool for this path. A health check that asks the socket's path gets 400 or 426 and fails.",
    fix: "Let the health check ask a plain HTTP path, and see why it fails.",
    lines: () => [
      "HAProxy: option httpchk GET /healthz; its log says why a server is DOWN (Layer4: the port, Layer7: the answer).",
      "From the proxy's machine: curl -i http://<host>:<port>/healthz",
    ],
  }),
  define({
    id: "WSO419",
    name: "proxy-serves-files",
    title: "The proxy looked for a file instead of passing the handshake on",
    cause:
      "No location with proxy_pass (ProxyPass, reverse_proxy) covers the socket's path, so the file server answers 404.",
    fix: "Add a location for the socket's path, and compare the slash at its end.",
    lines: () => ["nginx: location /ws { proxy_pass http://127.0.0.1:3000; … }", ...nginxUpgrade],
  }),
  define({
    id: "WSO420",
    name: "proxy-module-missing",
    title: "Apache lacks the module that passes this on",
    cause:
      "ProxyPass with http:// needs mod_proxy_http, with ws:// mod_proxy_wstunnel, with https:// also mod_ssl and SSLProxyEngine.",
    fix: "Enable the modules and restart.",
    lines: () => [
      "a2enmod proxy proxy_http && systemctl restart apache2",
      'ProxyPass "/ws" "http://127.0.0.1:3000/ws" upgrade=websocket   # Apache 2.4.47 or newer',
    ],
  }),
];
