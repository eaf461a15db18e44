import { type Case, guarded, one } from "./case.ts";

const node = `import { createServer } from "node:http";\nconst server = createServer();\n`;

const hono = `import { Hono } from "hono";\nimport { createNodeWebSocket } from "@hono/node-ws";\nconst app = new Hono();\nconst { injectWebSocket, upgradeWebSocket } = createNodeWebSocket({ app });\n`;

const mcp = `import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";\n`;

/** Servers beside ws and Socket.IO. */
export const runtimes: readonly Case[] = [
  one("Hono on Node", `${hono}app.get("/ws", upgradeWebSocket(() => ({ onMessage() {} })));`, "WSO241 app.js:5"),
  one(
    "Hono on Node, not taken apart, with cors",
    `import { cors } from "hono/cors";\nimport { createNodeWebSocket } from "@hono/node-ws";\nconst sockets = createNodeWebSocket({ app });\napp.use("*", cors({ origin: "https://a.example" }));\napp.get("/ws", sockets.upgradeWebSocket(f));`,
    "WSO201 app.js:4",
    "WSO241 app.js:5",
  ),
  ...["hono/bun", "hono/deno", "hono/cloudflare-workers"].map((from) =>
    one(
      `Hono's helper of ${from}`,
      `import { upgradeWebSocket } from "${from}";\napp.get("/ws", upgradeWebSocket((c) => ({ onOpen: f })));`,
      "WSO241 app.js:2",
    ),
  ),
  one(
    "Hono's helper that Bun's factory makes",
    `const { createBunWebSocket } = require("hono/bun");\nconst { upgradeWebSocket } = createBunWebSocket();\napp.get("/ws", upgradeWebSocket(f));`,
    "WSO241 app.js:3",
  ),
  one(
    "Hono behind middleware that checks",
    `${hono}app.use("/ws", async (c, next) => {\n  if (!list.has(c.req.header("Origin"))) return c.text("no", 403);\n  await next();\n});\napp.get("/ws", upgradeWebSocket(f));`,
  ),
  one(
    "Hono on a guarded server",
    `${guarded}${hono}import { serve } from "@hono/node-server";\napp.get("/ws", upgradeWebSocket(f));\nconst server = serve({ fetch: app.fetch });\nguard(server, { policy });\ninjectWebSocket(server);`,
  ),
  one(
    "Hono that asks a policy",
    `import { createPolicy } from "@wsorigin/core";\nimport { upgradeWebSocket } from "hono/deno";\nconst policy = createPolicy({ origins: [] });\napp.get("/ws", (c, next) => (policy.check({ headers: c.req.header() }).allowed ? next() : c.body(null, 403)), upgradeWebSocket(f));`,
  ),
  one("upgradeWebSocket of one's own", `function upgradeWebSocket() {}\napp.get("/ws", upgradeWebSocket(f));`),

  one(
    "Bun.serve",
    `Bun.serve({\n  fetch(request, server) { if (server.upgrade(request)) return; },\n  websocket: { message() {} },\n});`,
    "WSO242 app.js:1",
  ),
  one(
    "serve of bun, with routes and options elsewhere",
    `import { serve } from "bun";\nconst options = { routes: {}, fetch: f, websocket };\nserve(options);`,
    "WSO242 app.js:3",
  ),
  one(
    "Bun.serve that checks",
    `Bun.serve({\n  fetch(request, server) {\n    if (!list.has(request.headers.get("origin"))) return new Response(null, { status: 403 });\n    server.upgrade(request);\n  },\n  websocket,\n});`,
  ),
  one("Bun.serve without sockets", `Bun.serve({ fetch: () => new Response("origin") });`),
  one(
    "Deno",
    `Deno.serve((request) => {\n  const { socket, response } = Deno.upgradeWebSocket(request);\n  return response;\n});`,
    "WSO242 app.js:2",
  ),
  one(
    "Deno that checks",
    `Deno.serve((request) => {\n  if (request.headers.get("Origin") !== home) return new Response(null, { status: 403 });\n  return Deno.upgradeWebSocket(request).response;\n});`,
  ),
  one(
    "a Worker",
    `export default { fetch(request) {\n  const [client, server] = Object.values(new WebSocketPair());\n  return new Response(null, { status: 101, webSocket: client });\n} };`,
    "WSO242 app.js:2",
  ),
  one(
    "Elysia",
    `import { Elysia } from "elysia";\nnew Elysia().get("/", f)\n  .ws("/chat", { message() {} });`,
    "WSO242 app.js:2",
  ),
  one(
    "Elysia that checks",
    `import { Elysia } from "elysia";\nconst app = new Elysia();\napp.onRequest(({ request, set }) => { if (!list.has(request.headers.get("origin"))) return new Response(null, { status: 403 }); });\napp.ws("/chat", {});`,
  ),

  one(
    "Nitro, which imports by itself",
    `export default defineWebSocketHandler({\n  open(peer) {},\n});`,
    "WSO243 app.js:1",
  ),
  one(
    "h3",
    `import { defineWebSocketHandler as define } from "h3";\nexport default define({ message(peer, message) {} });`,
    "WSO243 app.js:2",
  ),
  one(
    "Nitro with an upgrade hook that only accepts",
    `import { defineWebSocketHandler } from "nitropack/runtime";\nexport default defineWebSocketHandler({ upgrade(request) { return { headers: {} }; } });`,
    "WSO243 app.js:2",
  ),
  one(
    "crossws on Node",
    `import crossws from "crossws/adapters/node";\nconst ws = crossws({ hooks: { open(peer) {} } });`,
    "WSO243 app.js:2",
  ),
  one(
    "Nitro with an upgrade hook that checks",
    `export default defineWebSocketHandler({\n  upgrade(request) { if (!list.has(request.headers.get("origin"))) throw new Response(null, { status: 403 }); },\n});`,
  ),
  one(
    "crossws with hooks of a function that cannot be found",
    `import crossws from "crossws/adapters/bun";\nconst ws = crossws(hooksOf("websocket"));`,
  ),

  one(
    "SockJS",
    `const sockjs = require("sockjs");\nconst echo = sockjs.createServer({ prefix: "/echo" });\necho.on("connection", (conn) => conn.write("hi"));\necho.installHandlers(server);`,
    "WSO244 app.js:2",
  ),
  one(
    "SockJS, named",
    `${node}import { createServer as sockets } from "sockjs";\nconst rooms = sockets();\nrooms.installHandlers(server, { prefix: "/rooms" });`,
    "WSO244 app.js:4",
  ),
  one(
    "SockJS that checks",
    `const sockjs = require("sockjs");\nconst echo = sockjs.createServer();\necho.on("connection", (conn) => { if (!list.has(conn.headers.origin)) conn.close(); });\necho.installHandlers(server);`,
  ),
  one(
    "SockJS on a guarded server",
    `${guarded}${node}import sockjs from "sockjs";\nguard(server, { policy });\nsockjs.createServer().installHandlers(server);`,
  ),
  one(
    "SockJS on another server than the guarded one",
    `${guarded}${node}import sockjs from "sockjs";\nconst other = createServer();\nguard(server, { policy });\nsockjs.createServer().installHandlers(other);`,
    "WSO244 app.js:8",
  ),

  one("Engine.IO, attached", `${node}import { attach } from "engine.io";\nattach(server);`, "WSO245 app.js:4"),
  one(
    "Engine.IO, listening",
    `const engine = require("engine.io");\nconst io = engine.listen(3000, { pingInterval: 1 });`,
    "WSO245 app.js:2",
  ),
  one(
    "Engine.IO, a server",
    `${node}import { Server } from "engine.io";\nconst io = new Server({ cors: { origin: "https://a.example" } });\nio.attach(server);`,
    "WSO245 app.js:4",
  ),
  one("Engine.IO with allowRequest", `${node}import { attach } from "engine.io";\nattach(server, { allowRequest });`),
  one(
    "Engine.IO on a guarded server",
    `${guarded}${node}import { attach } from "engine.io";\nguard(server, { policy });\nattach(server);`,
  ),

  {
    what: "next-ws",
    files: {
      "app/api/ws/route.ts": `export function GET() {}\nexport function UPGRADE(client: import("ws").WebSocket) {\n  client.send("hi");\n}`,
      "app/old/route.js": `export const SOCKET = (client, request) => client.send("hi");`,
      "app/good/route.js": `export function UPGRADE(client, server, request) {\n  if (!list.has(request.headers.origin)) return client.close(1008);\n}`,
      "lib/upgrade.js": `export function UPGRADE(client) {}`,
    },
    found: ["WSO246 app/api/ws/route.ts:2", "WSO246 app/old/route.js:1"],
  },
  {
    what: "next-ws behind a guarded server",
    files: {
      "app/api/ws/route.js": `export function UPGRADE(client) {}`,
      "server.js": `${guarded}${node}guard(server, { policy });`,
    },
    found: [],
  },

  one(
    "MCP over HTTP",
    `${mcp}const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });`,
    "WSO247 app.js:2",
  ),
  one(
    "MCP over SSE",
    `import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";\napp.get("/sse", (req, res) => new SSEServerTransport("/messages", res));`,
    "WSO247 app.js:2",
  ),
  one(
    "MCP with a protection that has no list",
    `${mcp}new StreamableHTTPServerTransport({ enableDnsRebindingProtection: true });`,
    "WSO247 app.js:2",
  ),
  one(
    "MCP with lists, and no protection",
    `${mcp}new StreamableHTTPServerTransport({ enableDnsRebindingProtection: false, allowedHosts: ["localhost:3000"] });`,
    "WSO247 app.js:2",
  ),
  one(
    "MCP that is protected",
    `${mcp}new StreamableHTTPServerTransport({ enableDnsRebindingProtection: true, allowedHosts: ["localhost:3000"] });`,
  ),
  one(
    "MCP in the SDK's app",
    `${mcp}import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";\nconst app = createMcpExpressApp();\nnew StreamableHTTPServerTransport();`,
  ),
  one(
    "MCP behind a check of the Host",
    `${mcp}app.use((req, res, next) => { if (!hosts.has(req.headers.host)) return res.status(403).end(); next(); });\nnew StreamableHTTPServerTransport();`,
  ),
  one(
    "MCP that only logs the Host",
    `${mcp}app.use((req, res, next) => { console.log(req.headers.host); next(); });\nnew StreamableHTTPServerTransport();`,
    "WSO247 app.js:3",
  ),
  {
    what: "MCP behind a check in the file that mounts it",
    files: {
      "mcp.js": `${mcp}export const handle = (req, res) => new StreamableHTTPServerTransport().handleRequest(req, res);`,
      "app.js": `import { requestGuard } from "@wsorigin/express";\nimport { handle } from "./mcp.js";\napp.use("/mcp", requestGuard(policy), handle);`,
    },
    found: [],
  },
  one(
    "MCP over standard input",
    `import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";\nnew StdioServerTransport();`,
  ),
];
