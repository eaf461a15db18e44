import { headerOf, type Reply } from "../exchange.ts";
import { marked, type Marks } from "./marks.ts";

export type AppId =
  | "ws"
  | "express"
  | "fastify"
  | "koa"
  | "socket.io"
  | "channels"
  | "django"
  | "fastapi"
  | "starlette"
  | "uvicorn"
  | "hypercorn"
  | "spring"
  | "gorilla"
  | "coder"
  | "rails"
  | "phoenix"
  | "tornado"
  | "aiohttp"
  | "websockets"
  | "node";

/** What each framework or library answers by itself: those that leave the plainest marks first, and servers that run any framework last. */
export const frameworks: readonly (readonly [AppId, Marks])[] = [
  [
    "express",
    (reply, body) =>
      marked(reply, "x-powered-by", /^Express/, "Express") ??
      (/<pre>Cannot [A-Z]+ /.test(body) ? "Express" : undefined),
  ],
  ["socket.io", (_reply, body) => (/^\{"code":\d,"message":"/.test(body) ? "Socket.IO" : undefined)],
  ["spring", (reply, body) => (isSpring(reply, body) ? "Spring" : undefined)],
  ["fastify", (_reply, body) => (/^\{"message":"Route [A-Z]+:|"statusCode":\d{3}/.test(body) ? "Fastify" : undefined)],
  ["channels", (reply, body) => (isDaphne(reply) || isDjangoOnAsgi(reply, body) ? "Django Channels" : undefined)],
  ["django", (_reply, body) => (djangoPages.test(body) ? "Django" : undefined)],
  ["fastapi", (_reply, body) => (body === '{"detail":"Not Found"}' ? "FastAPI" : undefined)],
  ["starlette", (reply, body) => (body === "Not Found" && asgi.test(serverOf(reply)) ? "Starlette" : undefined)],
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
      !asgi.test(serverOf(reply))
        ? "Koa"
        : undefined,
  ],
  [
    "gorilla",
    (reply, body) =>
      (body === "Bad Request\n" || body === "Forbidden\n") &&
      headerOf(reply, "sec-websocket-version") === "13" &&
      headerOf(reply, "x-content-type-options") === "nosniff"
        ? "gorilla/websocket (Go)"
        : undefined,
  ],
  ["coder", (_reply, body) => (coderTexts.test(body) ? "coder/websocket (Go)" : undefined)],
  [
    "rails",
    (reply) =>
      headerOf(reply, "x-request-id") !== undefined && headerOf(reply, "x-runtime") !== undefined
        ? "Rails Action Cable"
        : undefined,
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
  ["phoenix", (reply) => marked(reply, "server", /^(?:Cowboy|Bandit)/i, "Phoenix (or another server in Elixir)")],
  [
    "uvicorn",
    (reply, body) =>
      marked(reply, "server", /^uvicorn/i, "uvicorn") ??
      (body.startsWith("Unsupported upgrade request") ? "uvicorn" : undefined),
  ],
  ["hypercorn", (reply) => marked(reply, "server", /^hypercorn/i, "Hypercorn")],
  [
    "websockets",
    (reply, body) =>
      marked(reply, "server", /websockets\//i, "websockets (Python)") ??
      (body.startsWith("Failed to open a WebSocket connection") ? "websockets (Python)" : undefined),
  ],
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

const coderTexts =
  /^(?:WebSocket protocol violation: |unsupported WebSocket protocol version|request Origin ".*" is not authorized for Host)/;

const djangoPages =
  /DisallowedHost|Page not found[^<]*<\/title>|<h1>Not Found<\/h1><p>The requested resource was not found on this server\.<\/p>/;

const asgi = /^(?:daphne|uvicorn|hypercorn|granian)/i;

function serverOf(reply: Reply): string {
  return headerOf(reply, "server") ?? "";
}

/** Daphne writes its reasons into the status line. It was made for Channels, and serves little else. */
function isDaphne(reply: Reply): boolean {
  const { statusLine, headers } = reply;
  const bare = headers.every(([name]) => name.toLowerCase() === "sec-websocket-version");
  return (
    /^daphne/i.test(serverOf(reply)) ||
    (bare &&
      /^HTTP\/1\.1 (?:403 Access denied|500 Internal server error|400 HTTP |400 WebSocket version)/.test(statusLine))
  );
}

function isDjangoOnAsgi(reply: Reply, body: string): boolean {
  return djangoPages.test(body) && asgi.test(serverOf(reply));
}

/** Its handlers of sockets answer a GET as Tornado does, but without a type; other paths get Spring Boot's JSON. */
function isSpring(reply: Reply, body: string): boolean {
  const handler = body === 'Can "Upgrade" only to "WebSocket".' && headerOf(reply, "content-type") === undefined;
  return (
    (handler && !/^Tornado/i.test(serverOf(reply))) ||
    /^\{"timestamp":"[^"]+","status":\d{3},"error":"[^"]+",.*"path":"/.test(body) ||
    body === "Invalid CORS request"
  );
}

/** The server that a framework runs on: by its header, which most proxies replace, or by its manner of writing a status line. */
export function runsOn(id: AppId, replies: readonly Reply[], proxied: boolean): string | undefined {
  if (id === "spring") return servletContainer(replies, proxied);
  if (!asgiFrameworks.has(id)) return undefined;
  if (replies.some(isDaphne)) return "Daphne";
  const servers = replies.map(serverOf);
  if (servers.some((server) => /^uvicorn/i.test(server))) return "Uvicorn";
  return servers.some((server) => /^hypercorn/i.test(server)) ? "Hypercorn" : undefined;
}

const asgiFrameworks: ReadonlySet<AppId> = new Set(["channels", "fastapi", "starlette"]);

/** Tomcat writes no reason after the status, Jetty writes one and begins with Date. A proxy may write both anew. */
function servletContainer(replies: readonly Reply[], proxied: boolean): string | undefined {
  if (proxied) return undefined;
  if (replies.some(({ statusLine }) => /^HTTP\/1\.1 \d{3} ?$/.test(statusLine))) return "Tomcat";
  return replies.some(({ headers }) => headers[0]?.[0].toLowerCase() === "date") ? "Jetty" : undefined;
}

/** Whether a server refuses an Origin in a way of its own: Action Cable does so with 404, and words that Rails has for no other path. */
export function refusesOrigin(reply: Reply, body: string): boolean {
  return reply.status === 404 && headerOf(reply, "x-runtime") !== undefined && body.includes("Page not found");
}
