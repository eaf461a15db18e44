import type { DoctorOptions } from "./arguments.ts";
import type { ProxyId, Who } from "./who.ts";
import type { AppId } from "./words/frameworks.ts";
import { inItsWords } from "./words/index.ts";

/** How each proxy is told to pass an upgrade on; `wsorigin proxy <name>` prints the whole. */
const upgrades: Partial<Record<ProxyId, (path: string) => readonly string[]>> = {
  nginx: (path) => [
    `In the location of ${path}, beside its proxy_pass:`,
    "  proxy_http_version 1.1;",
    "  proxy_set_header Upgrade $http_upgrade;",
    "  proxy_set_header Connection $connection_upgrade;",
    "  proxy_set_header Host $host;",
    "and once, in http:",
    "  map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
    "A proxy_set_header in a location cancels those of the blocks around it: write all of them there.",
  ],
  apache: (path) => [
    "Before any ProxyPass of a shorter path (the first that matches wins), with Apache 2.4.47 or later:",
    `  ProxyPass ${path} http://127.0.0.1:3000${path} upgrade=websocket`,
    "  ProxyPreserveHost On",
  ],
  varnish: () => [
    "In VCL:",
    '  sub vcl_recv { if (req.http.upgrade ~ "(?i)websocket") { return (pipe); } }',
    "  sub vcl_pipe { if (req.http.upgrade) { set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection; } }",
  ],
  haproxy: () => [
    "HAProxy passes upgrades on by itself: look for http-request del-header Upgrade or Connection, and for `option httpclose` on an old version.",
  ],
  caddy: () => [
    "Caddy passes upgrades on by itself: remove header_up Connection and header_up Upgrade (the form of Caddy 1 sends its text as it is), and see that",
    "reverse_proxy matches the path: /ws/* does not match /ws.",
  ],
  lighttpd: () => ['  proxy.header = ( "upgrade" => "enable" )'],
  h2o: () => ["  proxy.websocket: ON   # 2.3 and later: proxy.tunnel: ON", "  proxy.preserve-host: ON"],
  squid: () => ["  http_upgrade_request_protocols websocket allow all"],
  ats: () => ["In remap.config, beside the map of http: a line map ws://... ws://..."],
  envoy: () => ["  upgrade_configs: [{ upgrade_type: websocket }]"],
  cloudfront: () => [
    "Let the behaviour forward Sec-WebSocket-Key, Sec-WebSocket-Version, Origin and Host: origin request policy AllViewer.",
  ],
  cloudflare: () => ["Switch WebSockets on: dashboard, Network, WebSockets."],
  azure: () => ["Front Door: switch caching off on the socket's route. App Service: switch Web sockets on."],
  fastly: () => ["WebSockets are a product that has to be enabled; then return(upgrade) in VCL."],
  iis: () => ["Install the role feature WebSocket Protocol; Application Request Routing 3 then passes upgrades on."],
};

/** What to change so that an upgrade gets through. */
export function upgradeFix({ proxy }: Who, { url }: DoctorOptions): readonly string[] {
  const known = proxy === undefined ? undefined : upgrades[proxy.id];
  return (
    known?.(url.pathname) ?? [
      "Find the proxy in front that removes Upgrade and Connection (they belong to one hop only), and let it set them anew.",
      "wsorigin proxy nginx, apache, haproxy, caddy or varnish prints how.",
    ]
  );
}

/** What to put before the sockets, so that a page of another site opens none. */
const gates: Partial<Record<AppId, readonly string[]>> = {
  express: [
    'import { createPolicy, guard } from "@wsorigin/express";',
    "guard(server, { app, policy: createPolicy({ origins: [ORIGIN] }) });",
  ],
  koa: [
    'import { createPolicy, guard } from "@wsorigin/koa";',
    "guard(server, { app, policy: createPolicy({ origins: [ORIGIN] }) });",
  ],
  fastify: [
    'import { createPolicy, wsorigin } from "@wsorigin/fastify"; // instead of @fastify/websocket',
    "await app.register(wsorigin, { policy: createPolicy({ origins: [ORIGIN] }) });",
  ],
  "socket.io": [
    "The cors option keeps answers from a page, not the socket. Put a gate before it:",
    'import { createPolicy, guard } from "@wsorigin/node";',
    "guard(server, { policy: createPolicy({ origins: [ORIGIN] }) });",
  ],
};

export function gateFix({ app }: Who, options: DoctorOptions): readonly string[] {
  const own = inItsWords(app, "gate", options);
  if (own !== undefined) return own;
  const lines = (app === undefined ? undefined : gates[app.id]) ?? [
    'import { createPolicy, guard } from "@wsorigin/node";',
    "guard(server, { policy: createPolicy({ origins: [ORIGIN] }) });",
  ];
  return lines.map((line) => line.replace("ORIGIN", JSON.stringify(options.pageOrigin)));
}

const hosts: Partial<Record<ProxyId, readonly string[]>> = {
  nginx: [
    "  proxy_set_header Host $host;",
    "  proxy_set_header X-Forwarded-Proto $scheme;",
    "and no proxy_set_header Origin at all.",
  ],
  apache: [
    "  ProxyPreserveHost On",
    '  RequestHeader set X-Forwarded-Proto "https"',
    "and no RequestHeader for Origin.",
  ],
  h2o: ["  proxy.preserve-host: ON"],
};

/** How each proxy is told to keep Host and the scheme. */
export function hostFix({ proxy }: Who): readonly string[] {
  return (
    (proxy === undefined ? undefined : hosts[proxy.id]) ?? [
      "Let the proxy pass Host and Origin through as they came, and set X-Forwarded-Proto; let the app trust that proxy.",
    ]
  );
}

/** Who cuts an idle connection after so many seconds, where that is known: measured, or as the vendor says. */
const cuts: readonly (readonly [from: number, to: number, who: string, fix: string])[] = [
  [
    28,
    31.5,
    "Google Cloud's load balancer (the lifetime of the socket, not its idleness)",
    "BackendConfig: timeoutSec: 3600",
  ],
  [53, 57, "Heroku's router (55 s)", "A ping every 30 seconds."],
  [
    59,
    62.5,
    "nginx, Apache, Varnish, lighttpd, nghttpx, AWS ALB or Fly.io, which all have 60 s",
    "nginx: proxy_read_timeout 3600s; Apache: Timeout 3600; Varnish: pipe_timeout 3600s; ALB: idle_timeout 3600.",
  ],
  [98, 103, "Cloudflare (100 s)", "A ping every 30 seconds."],
  [225, 245, "an Azure load balancer (4 minutes)", "A ping every 30 seconds."],
  [295, 305, "Envoy or Azure Front Door (5 minutes)", "Envoy: the route's idle_timeout, stream_idle_timeout."],
  [345, 355, "AWS NLB (350 s)", "A ping every 30 seconds."],
  [595, 610, "CloudFront or API Gateway (10 minutes)", "A ping every 30 seconds."],
];

export function cutBy(seconds: number): { readonly who: string; readonly fix: string } | undefined {
  const found = cuts.find(([from, to]) => seconds >= from && seconds <= to);
  return found === undefined ? undefined : { who: found[2], fix: found[3] };
}
