import { headerOf, type Reply } from "./exchange.ts";
import { textOf } from "./reply.ts";
import { type AppId, frameworks, runsOn } from "./words/frameworks.ts";
import { marked, type Marks, named, present } from "./words/marks.ts";

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

/** Reads the marks of several replies of one server: what one does not show another may. */
export function whoAnswered(replies: readonly (Reply | undefined)[]): Who {
  const given = replies.flatMap((reply) => (reply === undefined || reply.status === undefined ? [] : [reply]));
  const proxy = first(given, proxies);
  return { proxy, app: appOf(given, proxy !== undefined) };
}

/** The framework, and the server that it runs on where that shows: `Django Channels on Daphne`. */
function appOf(replies: readonly Reply[], proxied: boolean): Who["app"] {
  const framework = first(replies, frameworks);
  if (framework === undefined) return undefined;
  const server = runsOn(framework.id, replies, proxied);
  return server === undefined ? framework : { id: framework.id, name: `${framework.name} on ${server}` };
}

/** In words: `nginx/1.22.1, in front of Express`. */
export function nameOf({ proxy, app }: Who): string | undefined {
  if (proxy === undefined) return app?.name;
  return app === undefined ? proxy.name : `${proxy.name}, in front of ${app.name}`;
}

/** The first mark of the table that one of the replies has. */
function first<Id>(replies: readonly Reply[], table: readonly (readonly [Id, Marks])[]): Server<Id> | undefined {
  const read = replies.map((reply) => [reply, reply.status === 101 ? "" : textOf(reply)] as const);
  for (const [id, marks] of table) {
    for (const [reply, body] of read) {
      const name = marks(reply, body);
      if (name !== undefined) return { id, name };
    }
  }
  return undefined;
}
