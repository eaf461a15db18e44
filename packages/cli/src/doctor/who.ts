import { headerOf, type Reply } from "./exchange.ts";
import { textOf } from "./reply.ts";

/** Who a reply comes from, as far as it shows: a proxy, an app behind it, or both. */
export interface Who {
  /** `nginx/1.22.1`, `Apache`. */
  readonly proxy: Server<ProxyId> | undefined;
  readonly app: Server<AppId> | undefined;
}

interface Server<Id> {
  readonly id: Id;
  /** As it calls itself, with its version where it says so. */
  readonly name: string;
}

export type ProxyId =
  | "nginx"
  | "apache"
  | "haproxy"
  | "caddy"
  | "varnish"
  | "envoy"
  | "cloudflare"
  | "aws-alb"
  | "cloudfront"
  | "api-gateway"
  | "google"
  | "azure"
  | "heroku"
  | "fly"
  | "vercel"
  | "netlify"
  | "fastly"
  | "lighttpd"
  | "h2o"
  | "squid"
  | "ats"
  | "traefik"
  | "iis";

export type AppId =
  | "ws"
  | "express"
  | "fastify"
  | "koa"
  | "socket.io"
  | "daphne"
  | "django"
  | "uvicorn"
  | "phoenix"
  | "tornado"
  | "aiohttp"
  | "websockets"
  | "node";

type Marks = (reply: Reply, body: string) => string | undefined;

/** What each proxy leaves on what goes through it, or writes itself. The first that fits counts. */
const proxies: readonly (readonly [ProxyId, Marks])[] = [
  [
    "cloudflare",
    (reply) => marked(reply, "server", /^cloudflare/i, "Cloudflare") ?? present(reply, "cf-ray", "Cloudflare"),
  ],
  [
    "cloudfront",
    (reply) => marked(reply, "via", /cloudfront/i, "CloudFront") ?? present(reply, "x-amz-cf-id", "CloudFront"),
  ],
  ["api-gateway", (reply) => present(reply, "x-amz-apigw-id", "AWS API Gateway")],
  ["aws-alb", (reply) => marked(reply, "server", /^awselb/i, "AWS ALB")],
  ["vercel", (reply) => present(reply, "x-vercel-id", "Vercel")],
  ["netlify", (reply) => present(reply, "x-nf-request-id", "Netlify")],
  ["fly", (reply) => present(reply, "fly-request-id", "Fly.io")],
  ["heroku", (reply) => marked(reply, "via", /vegur/i, "Heroku") ?? marked(reply, "server", /heroku/i, "Heroku")],
  [
    "azure",
    (reply) =>
      present(reply, "x-azure-ref", "Azure Front Door") ??
      marked(reply, "server", /Application-Gateway/i, "Azure Application Gateway"),
  ],
  [
    "google",
    (reply) =>
      marked(reply, "via", /1\.1 google/i, "Google Cloud") ??
      marked(reply, "server", /Google Frontend/i, "Google Cloud"),
  ],
  ["fastly", (reply) => (/^cache-/i.test(headerOf(reply, "x-served-by") ?? "") ? "Fastly" : undefined)],
  [
    "varnish",
    (reply, body) =>
      marked(reply, "via", /varnish/i, "Varnish") ??
      present(reply, "x-varnish", "Varnish") ??
      (body.includes("Guru Meditation") ? "Varnish" : undefined),
  ],
  ["envoy", (reply) => marked(reply, "server", /^(?:istio-)?envoy/i, "Envoy")],
  [
    "nginx",
    (reply, body) =>
      named(reply, "server", /^nginx(?:\/[\w.]+)?/i) ?? /<center>(nginx(?:\/[\w.]+)?)<\/center>/.exec(body)?.[1],
  ],
  ["caddy", (reply) => marked(reply, "server", /^Caddy/, "Caddy") ?? marked(reply, "via", /Caddy/, "Caddy")],
  ["lighttpd", (reply) => named(reply, "server", /^lighttpd(?:\/[\w.]+)?/i)],
  ["h2o", (reply) => named(reply, "server", /^h2o(?:\/[\w.]+)?/i)],
  ["ats", (reply) => named(reply, "server", /^ATS(?:\/[\w.]+)?/)],
  ["squid", (reply) => marked(reply, "via", /squid/i, "Squid") ?? present(reply, "x-squid-error", "Squid")],
  ["iis", (reply) => named(reply, "server", /^Microsoft-IIS(?:\/[\w.]+)?/i)],
  [
    "apache",
    (reply, body) =>
      named(reply, "server", /^Apache(?:\/[\w.]+)?/i) ??
      (/<address>Apache|DTD HTML 4\.01|<h1>Proxy Error<\/h1>/.test(body) ? "Apache" : undefined),
  ],
  [
    "haproxy",
    (_reply, body) =>
      /No server is available to handle this request|Request forbidden by administrative rules|Your browser sent an invalid request|The server didn't respond in time|The server returned an invalid or incomplete response/.test(
        body,
      )
        ? "HAProxy"
        : undefined,
  ],
  [
    "traefik",
    (reply, body) =>
      body === "404 page not found\n" && headerOf(reply, "x-content-type-options") === "nosniff"
        ? "Traefik (or another server in Go)"
        : undefined,
  ],
];

/** What each server or framework answers by itself. */
const apps: readonly (readonly [AppId, Marks])[] = [
  [
    "express",
    (reply, body) =>
      marked(reply, "x-powered-by", /^Express/, "Express") ??
      (/<pre>Cannot [A-Z]+ /.test(body) ? "Express" : undefined),
  ],
  ["socket.io", (_reply, body) => (/^\{"code":\d,"message":"/.test(body) ? "Socket.IO" : undefined)],
  ["fastify", (_reply, body) => (/^\{"message":"Route [A-Z]+:|"statusCode":\d{3}/.test(body) ? "Fastify" : undefined)],
  [
    "ws",
    ({ status }, body) =>
      wsTexts.has(body) && (status === 426 || status === 400 || status === 405) ? "ws (Node.js)" : undefined,
  ],
  [
    "koa",
    (reply, body) =>
      reply.status === 404 &&
      body === "Not Found" &&
      // Starlette says the same, in lower case, on a server that gives its name.
      reply.headers.some(([name, value]) => name === "Content-Type" && value === "text/plain; charset=utf-8") &&
      !/^(?:uvicorn|hypercorn|granian|daphne)/i.test(headerOf(reply, "server") ?? "")
        ? "Koa"
        : undefined,
  ],
  [
    "daphne",
    (reply) =>
      marked(reply, "server", /^daphne/i, "Daphne (Django Channels)") ??
      (reply.headers.length === 0 &&
      /^HTTP\/1\.1 (?:403 Access denied|500 Internal server error|400 HTTP |400 WebSocket version)/.test(
        reply.statusLine,
      )
        ? "Daphne (Django Channels)"
        : undefined),
  ],
  [
    "django",
    (_reply, body) =>
      /DisallowedHost|Page not found[^<]*<\/title>|<h1>Not Found<\/h1><p>The requested resource was not found on this server\.<\/p>/.test(
        body,
      )
        ? "Django"
        : undefined,
  ],
  [
    "uvicorn",
    (reply, body) =>
      marked(reply, "server", /^uvicorn/i, "uvicorn") ??
      (body.startsWith("Unsupported upgrade request") ? "uvicorn" : undefined),
  ],
  [
    "tornado",
    (reply, body) =>
      marked(reply, "server", /^Tornado/i, "Tornado") ??
      (body.startsWith('Can "Upgrade" only to') ? "Tornado" : undefined),
  ],
  [
    "aiohttp",
    (reply, body) =>
      marked(reply, "server", /aiohttp/i, "aiohttp") ??
      (body.startsWith("No WebSocket UPGRADE hdr") ? "aiohttp" : undefined),
  ],
  [
    "websockets",
    (reply, body) =>
      marked(reply, "server", /websockets\//i, "websockets (Python)") ??
      (body.startsWith("Failed to open a WebSocket connection") ? "websockets (Python)" : undefined),
  ],
  ["phoenix", (reply) => marked(reply, "server", /^(?:Cowboy|Bandit)/i, "Phoenix (or another server in Elixir)")],
];

const wsTexts = new Set([
  "Upgrade Required",
  "Invalid Upgrade header",
  "Missing or invalid Sec-WebSocket-Key header",
  "Missing or invalid Sec-WebSocket-Version header",
  "Invalid HTTP method",
  "Bad Request",
  "Unauthorized",
  "Invalid Sec-WebSocket-Protocol header",
]);

/** Reads the marks of several replies of one server: what one does not show another may. */
export function whoAnswered(replies: readonly (Reply | undefined)[]): Who {
  const given = replies.flatMap((reply) => (reply === undefined || reply.status === undefined ? [] : [reply]));
  return { proxy: first(given, proxies), app: first(given, apps) };
}

/** In words: `nginx/1.22.1, in front of Express`. */
export function nameOf({ proxy, app }: Who): string | undefined {
  if (proxy === undefined) return app?.name;
  return app === undefined ? proxy.name : `${proxy.name}, in front of ${app.name}`;
}

function first<Id>(replies: readonly Reply[], table: readonly (readonly [Id, Marks])[]): Server<Id> | undefined {
  for (const reply of replies) {
    const body = reply.status === 101 ? "" : textOf(reply);
    for (const [id, marks] of table) {
      const name = marks(reply, body);
      if (name !== undefined) return { id, name };
    }
  }
  return undefined;
}

function marked(reply: Reply, header: string, form: RegExp, name: string): string | undefined {
  return form.test(headerOf(reply, header) ?? "") ? name : undefined;
}

function named(reply: Reply, header: string, form: RegExp): string | undefined {
  return form.exec(headerOf(reply, header) ?? "")?.[0];
}

function present(reply: Reply, header: string, name: string): string | undefined {
  return headerOf(reply, header) === undefined ? undefined : name;
}
