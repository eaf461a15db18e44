import type { Module } from "../source/module.ts";
import { listedOrigins } from "../source/listed-origins.ts";

/** The origins that a file lists. Where it lists none, one to be replaced. */
export function originsIn(module: Module): string[] {
  const found = listedOrigins(module);
  return found.length === 0 ? ["https://app.example.com"] : found.slice(0, 8);
}

function written(origins: readonly string[]): string {
  return origins.map((origin) => JSON.stringify(origin)).join(", ");
}

function policyLine(origins: readonly string[]): string {
  return `const policy = createPolicy({ origins: [${written(origins)}] });`;
}

/** For what listens on a Node server that the code already has. */
export function nodeFix(origins: readonly string[], server = "server"): string[] {
  return [
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    `guard(${server}, { policy });`,
  ];
}

/** For a `WebSocketServer` that listens by itself. */
export function portFix(origins: readonly string[], port: string): string[] {
  return [
    'import { createServer } from "node:http";',
    'import { createPolicy, guard } from "@wsorigin/node";',
    'import { WebSocketServer } from "ws";',
    "",
    policyLine(origins),
    "const server = createServer();",
    "guard(server, { policy });",
    "const sockets = new WebSocketServer({ server });",
    `server.listen(${port});`,
  ];
}

/** For an `upgrade` listener: a route takes its place. */
export function upgradeFix(origins: readonly string[], server: string, path: string): string[] {
  return [
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    `const gate = guard(${server}, { policy });`,
    `gate.route(${JSON.stringify(path)}, (socket, { request }) => {`,
    '  socket.on("message", (data) => socket.send(data));',
    "});",
  ];
}

export function expressFix(origins: readonly string[], app: string, path: string): string[] {
  return [
    'import { createServer } from "node:http";',
    'import { createPolicy, guard } from "@wsorigin/express";',
    "",
    policyLine(origins),
    `const server = createServer(${app});`,
    `const gate = guard(server, { app${app === "app" ? "" : `: ${app}`}, policy });`,
    `gate.route(${JSON.stringify(path)}, (socket, { request, params }) => {`,
    '  socket.on("message", (data) => socket.send(data));',
    "});",
    "server.listen(3000); // instead of app.listen()",
  ];
}

export function koaFix(origins: readonly string[], path: string): string[] {
  return [
    'import { createServer } from "node:http";',
    'import { createPolicy, guard } from "@wsorigin/koa";',
    "",
    policyLine(origins),
    "const server = createServer(app.callback());",
    "const gate = guard(server, { app, policy });",
    `gate.route(${JSON.stringify(path)}, (socket, ctx) => {`,
    '  socket.on("message", (data) => socket.send(data));',
    "});",
    "server.listen(3000); // instead of app.listen()",
  ];
}

export function fastifyFix(origins: readonly string[], app: string): string[] {
  return [
    'import { createPolicy, wsorigin } from "@wsorigin/fastify";',
    "",
    policyLine(origins),
    `await ${app}.register(wsorigin, { policy }); // instead of @fastify/websocket, before the routes`,
  ];
}

export function socketIoFix(origins: readonly string[], server: string): string[] {
  return [
    'import { createPolicy, guard } from "@wsorigin/node";',
    'import { Server } from "socket.io";',
    "",
    policyLine(origins),
    `guard(${server}, { policy });`,
    `const io = new Server(${server}, {`,
    "  allowRequest: (request, callback) => callback(null, policy.check(request).allowed),",
    "  cors: { origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)), credentials: true },",
    "});",
  ];
}

export function nestFix(origins: readonly string[]): string[] {
  return [
    "// where the app is created",
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    "guard(app.getHttpServer(), { policy });",
  ];
}

export function uwsFix(origins: readonly string[]): string[] {
  return [
    'import { createPolicy } from "@wsorigin/node";',
    "",
    policyLine(origins),
    "// in upgrade, before res.upgrade()",
    'const headers = { origin: req.getHeader("origin") || undefined, host: req.getHeader("host") };',
    'if (!policy.check({ headers }).allowed) return res.writeStatus("403 Forbidden").end();',
  ];
}

/** For a CORS middleware that shares its list with the sockets. */
export function corsFix(origins: readonly string[], from: string): string[] {
  const adapter = from === "@koa/cors" ? "koa" : from === "@fastify/cors" ? "fastify" : "express";
  const use = adapter === "fastify" ? "await app.register(cors, {" : "app.use(cors({";
  const end = adapter === "fastify" ? "});" : "}));";
  return [
    `import { corsOptions, createPolicy } from "@wsorigin/${adapter}";`,
    "",
    policyLine(origins),
    `${use} ...corsOptions(policy), credentials: true ${end}`,
  ];
}

export function policyFix(origins: readonly string[]): string[] {
  return [
    'import { createPolicy } from "@wsorigin/node";',
    "",
    policyLine(origins),
    "policy.allowsOrigin(origin); // instead of the comparison; for sockets guard(server, { policy })",
  ];
}

export function gateFix(origins: readonly string[], server: string, paths: readonly string[]): string[] {
  return [
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    `const gate = guard(${server}, { policy });`,
    ...paths.map(
      (path) => `gate.route(${JSON.stringify(path)}, (socket) => socket.on("message", (data) => socket.send(data)));`,
    ),
  ];
}

export function protocolFix(origins: readonly string[]): string[] {
  return [
    "// in the WebSocketServer",
    'handleProtocols: (protocols) => (protocols.has("chat.v1") ? "chat.v1" : false),',
    "",
    "// or, with a route instead of it",
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    'const gate = guard(server, { policy, protocols: ["chat.v1"] });',
    'gate.route("/chat", (socket) => socket.on("message", (data) => socket.send(data)));',
  ];
}

const ticketFix: readonly string[] = [
  "// on the server",
  'import { createPolicy, queryParam } from "@wsorigin/node";',
  'import { createTickets } from "@wsorigin/tickets";',
  "",
  "const tickets = createTickets();",
  'app.post("/api/ticket", requireLogin, async (req, res) => {',
  '  res.json({ ticket: await tickets.issue({ principal: { id: req.user.id }, origin: req.get("Origin") }) });',
  "});",
  "const policy = createPolicy({",
  '  origins: ["https://app.example.com"],',
  '  token: { from: [queryParam("ticket")], verify: tickets.verify },',
  "});",
];

export function ticketClient(url: string): string[] {
  return [
    ...ticketFix,
    "",
    "// in the page",
    'const { ticket } = await (await fetch("/api/ticket", { method: "POST" })).json();',
    `const socket = new WebSocket(\`${url}?ticket=\${ticket}\`);`,
  ];
}

/** For servers whose requests are those of fetch. */
export function fetchFix(origins: readonly string[]): string[] {
  return [
    'import { createPolicy } from "@wsorigin/core";',
    "",
    policyLine(origins),
    "// before the upgrade, with the Request: in Hono c.req.raw",
    "const { origin, host } = Object.fromEntries(request.headers);",
    "if (!policy.check({ headers: { origin, host } }).allowed) return new Response(null, { status: 403 });",
  ];
}

export function honoNodeFix(origins: readonly string[]): string[] {
  return [
    'import { serve } from "@hono/node-server";',
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    "const server = serve({ fetch: app.fetch });",
    "guard(server, { policy });",
    "injectWebSocket(server);",
  ];
}

export function crosswsFix(origins: readonly string[]): string[] {
  return [
    'import { createPolicy } from "@wsorigin/core";',
    "",
    policyLine(origins),
    "export default defineWebSocketHandler({",
    "  upgrade(request) {",
    "    const { origin, host } = Object.fromEntries(request.headers);",
    "    if (!policy.check({ headers: { origin, host } }).allowed) return new Response(null, { status: 403 });",
    "  },",
    "});",
  ];
}

export function sockjsFix(origins: readonly string[], server: string): string[] {
  return [
    'import { createPolicy, guard } from "@wsorigin/node";',
    'import sockjs from "sockjs";',
    "",
    policyLine(origins),
    `guard(${server}, { policy });`,
    "// its other transports are HTTP: without this they answer every origin, with credentials",
    "const sockets = sockjs.createServer({ disable_cors: true });",
    `sockets.installHandlers(${server}, { prefix: "/chat" });`,
  ];
}

export function engineFix(origins: readonly string[], server: string): string[] {
  return [
    'import { attach } from "engine.io";',
    'import { createPolicy, guard } from "@wsorigin/node";',
    "",
    policyLine(origins),
    `guard(${server}, { policy });`,
    `const sockets = attach(${server}, {`,
    "  allowRequest: (request, callback) => callback(null, policy.check(request).allowed),",
    "});",
  ];
}

export function nextFix(origins: readonly string[]): string[] {
  return [
    "// in the custom server, or in instrumentation where it is made",
    ...nodeFix(origins),
    "",
    "// or at the top of UPGRADE, where the socket is open already",
    "if (!policy.check(request).allowed) return client.close(1008);",
  ];
}

export function mcpFix(origins: readonly string[]): string[] {
  return [
    'import { createPolicy, requestGuard } from "@wsorigin/express";',
    "",
    "const policy = createPolicy({",
    `  origins: [${written(origins)}],`,
    '  hosts: ["localhost", "127.0.0.1", "[::1]"],',
    '  missingOrigin: "allow",',
    "});",
    'app.use("/mcp", requestGuard(policy)); // before the transport',
  ];
}

/** For an app that was guarded in the place of its server. */
export function serverFix(origins: readonly string[], app: string, from: string): string[] {
  const listener = from === "@wsorigin/koa" && !app.endsWith(")") ? `${app}.callback()` : app;
  const known = /^[A-Za-z_$][\w$.]*(?:\(\))?$/.test(listener) ? listener : "app";
  return [
    'import { createServer } from "node:http";',
    `import { createPolicy, guard } from "${from}";`,
    "",
    policyLine(origins),
    `const server = createServer(${known});`,
    from === "@wsorigin/express" || from === "@wsorigin/koa"
      ? "guard(server, { app, policy });"
      : "guard(server, { policy });",
    "server.listen(3000); // instead of app.listen()",
  ];
}

export function decideFix(policy: string): string[] {
  const name = /^[A-Za-z_$][\w$.]*$/.test(policy) ? policy : "policy";
  return [
    `const decision = await ${name}.decide(request); // instead of ${name}.check(request)`,
    "if (!decision.allowed) return;",
  ];
}

export function corsOptionsFix(from = "cors"): string[] {
  const adapter = from === "@koa/cors" ? "koa" : from === "@fastify/cors" ? "fastify" : "express";
  return [
    `import { corsOptions } from "@wsorigin/${adapter}";`,
    "",
    adapter === "fastify" ? "await app.register(cors, corsOptions(policy));" : "app.use(cors(corsOptions(policy)));",
  ];
}
