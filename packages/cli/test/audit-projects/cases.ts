import { type Case, compare, expressWs, fastify, guarded, line3, one, socketIo, verify, wsServer } from "./case.ts";
import { acrossFiles } from "./across-files.ts";
import { comparisons } from "./comparisons.ts";
import { django } from "./django.ts";
import { misuse } from "./misuse.ts";
import { runtimes } from "./runtimes.ts";
import { spring } from "./spring.ts";

const servers: readonly Case[] = [
  one(
    "cors before express-ws",
    `${expressWs}app.use(cors());\napp.ws("/chat", () => {});`,
    "WSO201 app.js:5",
    "WSO202 app.js:6",
  ),
  one(
    "cors after express-ws",
    `${expressWs}app.ws("/chat", () => {});\napp.use(cors());`,
    "WSO202 app.js:5",
    "WSO201 app.js:6",
  ),
  one(
    "express-ws, required, under another name",
    `const express = require("express");\nconst attach = require("express-ws");\nconst web = express();\nattach(web);\nweb.ws("/", f);`,
    "WSO202 app.js:5",
  ),
  one(
    "express-ws with an Origin check in middleware",
    `${expressWs}app.use((req, res, next) => (req.headers.origin === "https://a.example" ? next() : res.end()));\napp.ws("/", f);`,
  ),
  one(
    "express-ws with verifyClient",
    `${expressWs.replace("express());", "express(), undefined, { wsOptions: { verifyClient: ok } });")}app.ws("/", f);`,
  ),
  one(
    "cors without sockets",
    `import cors from "cors";\nimport express from "express";\nconst app = express();\napp.use(cors());`,
  ),
  {
    what: "express-ws, guarded in another file",
    files: {
      "app.js": `${expressWs}app.ws("/", f);`,
      "main.js": `import { createServer } from "node:http";\nimport { app } from "./app.js";\n${guarded}const server = createServer(app);\nguard(server, { app, policy });`,
    },
    found: [],
  },
  one(
    "koa-websocket",
    `import Koa from "koa";\nimport websockify from "koa-websocket";\nconst app = websockify(new Koa());\napp.ws.use(f);`,
    "WSO203 app.js:4",
  ),
  one(
    "koa-websocket with verifyClient",
    `import websockify from "koa-websocket";\nconst app = websockify(new Koa(), { verifyClient });\napp.ws.use(f);`,
  ),
  one("koa-easy-ws", `import websocket from "koa-easy-ws";\napp.use(websocket());`, "WSO204 app.js:2"),
  one(
    "koa-easy-ws behind an Origin check",
    `import websocket from "koa-easy-ws";\napp.use((ctx, next) => { if (!list.has(ctx.get("Origin"))) ctx.throw(403); return next(); });\napp.use(websocket());`,
  ),
  one("@fastify/websocket", `${fastify}app.get("/chat", { websocket: true }, f);`, "WSO205 app.js:5"),
  one(
    "@fastify/websocket with a hook",
    `${fastify}app.addHook("onRequest", async (request, reply) => {\n  if (!allowed.has(request.headers.origin)) return reply.code(403).send();\n});\napp.get("/chat", { websocket: true }, f);`,
  ),
  one(
    "@fastify/websocket with a hook that only logs",
    `${fastify}app.addHook("onRequest", async (request) => {\n  request.log.info({ origin: request.headers.origin });\n});\napp.get("/chat", { websocket: true }, f);`,
    "WSO205 app.js:8",
  ),
  one("ws on a server", `${wsServer}const wss = new WebSocketServer({ server, path: "/chat" });`, "WSO206 app.js:4"),
  one(
    "ws by a port",
    `const WebSocket = require("ws");\nconst wss = new WebSocket.Server({ port: 8080 });`,
    "WSO206 app.js:2",
  ),
  one(
    "ws, destructured under another name",
    `const { Server: Sockets } = require("ws");\nnew Sockets({ port: 8080 });`,
    "WSO206 app.js:2",
  ),
  one(
    "ws, a namespace",
    `import * as ws from "ws";\nconst { WebSocketServer: S } = ws;\nnew S({ port: 8080 });`,
    "WSO206 app.js:3",
  ),
  one(
    "ws, options elsewhere",
    `import { WebSocketServer } from "ws";\nconst options = { port: 1 };\nnew WebSocketServer(options);\nnew WebSocketServer(config());`,
    "WSO206 app.js:3",
  ),
  one("a class of the same name", `class WebSocketServer {}\nnew WebSocketServer({ port: 8080 });`),
  one(
    "ws with an Origin check on connection",
    `${wsServer}const wss = new WebSocketServer({ server });\nwss.on("connection", (socket, request) => {\n  if (!allowed.includes(request.headers.origin)) socket.close();\n});`,
  ),
  one("ws on a guarded server", `${guarded}${wsServer}guard(server, { policy });\nnew WebSocketServer({ server });`),
  one(
    "ws beside a guarded server",
    `${guarded}${wsServer}guard(server, { policy });\nconst other = createServer();\nnew WebSocketServer({ server: other });`,
    "WSO206 app.js:8",
  ),
  one(
    "ws on a server of a class",
    `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\n${guarded}class App {\n  constructor() {\n    this.server = createServer();\n    guard(this.server, { policy });\n    this.sockets = new WebSocketServer({ server: this.server });\n  }\n}`,
  ),
  one(
    "ws on a server that nobody guards",
    `${wsServer}export const wss = new WebSocketServer({ server });`,
    "WSO206 app.js:4",
  ),
  one(
    "an upgrade listener",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  wss.handleUpgrade(request, socket, head, () => {});\n});`,
    "WSO207 app.js:5",
  ),
  one(
    "an upgrade listener that logs the Origin",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  console.log(request.headers.origin);\n  wss.handleUpgrade(request, socket, head, () => {});\n});`,
    "WSO207 app.js:5",
  ),
  one(
    "an upgrade listener that checks",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  const { origin } = request.headers;\n  if (!allowed.has(origin)) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, () => {});\n});`,
  ),
  one(
    "an upgrade listener with a helper",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nfunction ok(request) {\n  return list.has(request.headers["origin"]);\n}\nserver.on("upgrade", (request, socket, head) => {\n  if (ok(request)) wss.handleUpgrade(request, socket, head, () => {});\n});`,
  ),
  {
    what: "an upgrade listener with a helper of another file",
    files: {
      "app.js": `import { ok } from "@/lib/ok";\n${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  if (ok(request)) wss.handleUpgrade(request, socket, head, () => {});\n});`,
      "src/lib/ok.ts": `export const ok = (request: Request) => list.has(request.headers.origin);`,
    },
    found: [],
  },
  one(
    "an upgrade listener that asks a policy",
    `${guarded}${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  if (!policy.check(request).allowed) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, () => {});\n});`,
  ),
  one(
    "a proxy's upgrade listener",
    `import { createServer } from "node:http";\nconst server = createServer();\nserver.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));`,
  ),
  one(
    "faye-websocket",
    `const WebSocket = require("faye-websocket");\nserver.on("upgrade", (request, socket, body) => {\n  const ws = new WebSocket(request, socket, body);\n});`,
    "WSO207 app.js:2",
  ),
  one(
    "Socket.IO with cors",
    `${socketIo}new Server(server, { cors: { origin: ["https://a.example"] } });`,
    "WSO208 app.js:4",
  ),
  one(
    "Socket.IO, required and called",
    `const io = require("socket.io")(server, { cors: { origin: "https://a.example" } });`,
    "WSO208 app.js:1",
  ),
  one(
    "Socket.IO with allowRequest",
    `${socketIo}new Server(server, { allowRequest, cors: { origin: ["https://a.example"] } });`,
  ),
  one(
    "Socket.IO with a check in middleware",
    `${socketIo}const io = new Server(server, { cors: { origin: list } });\nio.use((socket, next) => next(list.includes(socket.handshake.headers.origin) ? undefined : new Error("no")));`,
  ),
  one(
    "Socket.IO with credentials for everybody",
    `${socketIo}new Server(server, { allowRequest, cors: { origin: "*", credentials: true } });`,
    "WSO216 app.js:4",
  ),
  one(
    "Socket.IO that reflects",
    `${socketIo}new Server(server, { allowRequest, cors: { origin: true } });`,
    "WSO215 app.js:4",
  ),
  one(
    "Socket.IO, origin * without credentials",
    `${socketIo}new Server(server, { allowRequest, cors: { origin: "*" } });`,
  ),
  one(
    "a gateway with cors",
    `import { WebSocketGateway } from "@nestjs/websockets";\n@WebSocketGateway({ cors: true })\nclass Gateway {}`,
    "WSO209 app.js:2",
  ),
  one(
    "a gateway with cors: origin *",
    `import { WebSocketGateway as Gate } from "@nestjs/websockets";\n@Gate(81, { cors: { origin: "*" } })\nclass Gateway {}`,
    "WSO209 app.js:2",
  ),
  {
    what: "a gateway with an adapter that checks",
    files: {
      "gateway.ts": `import { WebSocketGateway } from "@nestjs/websockets";\n@WebSocketGateway({ cors: true })\nexport class Gateway {}`,
      "adapter.ts": `import { IoAdapter } from "@nestjs/platform-socket.io";\nexport class Adapter extends IoAdapter {\n  createIOServer(port: number, options: object) {\n    return super.createIOServer(port, { ...options, allowRequest });\n  }\n}`,
    },
    found: [],
  },
  one(
    "websocket that accepts by itself",
    `const { server: Server } = require("websocket");\nnew Server({ httpServer, autoAcceptConnections: true });`,
    "WSO210 app.js:2",
  ),
  one(
    "websocket that accepts all",
    `const WebSocketServer = require("websocket").server;\nconst sockets = new WebSocketServer({ httpServer });\nsockets.on("request", (request) => request.accept(null, request.origin));`,
    "WSO210 app.js:3",
  ),
  one(
    "websocket with a check",
    `const WebSocketServer = require("websocket").server;\nconst sockets = new WebSocketServer({ httpServer });\nsockets.on("request", (request) => {\n  if (!allowed.has(request.origin)) return request.reject();\n  request.accept(null, request.origin);\n});`,
  ),
  one(
    "uWebSockets.js",
    `import { App } from "uWebSockets.js";\nApp()\n  .get("/", f)\n  .ws("/*", { upgrade: (res, req, context) => { res.upgrade({}, "", "", "", context); } });`,
    "WSO211 app.js:4",
  ),
  one(
    "uWebSockets.js with a check",
    `import { App } from "uWebSockets.js";\nApp().ws("/*", {\n  upgrade: (res, req, context) => {\n    if (!list.has(req.getHeader("origin"))) return res.close();\n    res.upgrade({}, "", "", "", context);\n  },\n});`,
  ),

  one("verifyClient that is async", verify("async ({ origin }) => list.has(origin)"), "WSO212 app.js:4"),
  one("verifyClient that returns a promise", verify("(info) => ask(info.origin).then(Boolean)"), "WSO212 app.js:4"),
  one("verifyClient, async with a callback", verify("async ({ origin }, callback) => callback(await has(origin))")),
  one("verifyClient that says yes", verify("() => true"), "WSO213 app.js:4"),
  one("verifyClient that calls back with yes", verify("(info, done) => { done(true); }"), "WSO213 app.js:4"),
  one("verifyClient that compares", verify("({ origin }) => origin === 'https://a.example'")),
  one("verifyClient without an Origin", verify("({ origin }) => !origin || list.has(origin)"), "WSO214 app.js:4"),
  one(
    "verifyClient without an Origin, early",
    verify("(info) => {\n  if (!info.origin) return true;\n  return list.has(info.origin);\n}"),
    "WSO214 app.js:5",
  ),
  one(
    "verifyClient that refuses without an Origin",
    verify("(info) => {\n  if (!info.origin) return false;\n  return list.has(info.origin);\n}"),
  ),
  one(
    "cors that lets a missing Origin in",
    `import cors from "cors";\napp.use(cors({ origin: (origin, cb) => { if (!origin) return cb(null, true); cb(null, list.has(origin)); } }));`,
  ),

  one(
    "cors that reflects with credentials",
    `import cors from "cors";\napp.use(cors({ origin: (origin, cb) => cb(null, true), credentials: true }));`,
    "WSO215 app.js:2",
  ),
  one(
    "@koa/cors that reflects with credentials",
    `import cors from "@koa/cors";\napp.use(cors({ origin: (ctx) => ctx.get("Origin"), credentials: true }));`,
    "WSO215 app.js:2",
  ),
  one(
    "@fastify/cors that reflects with credentials",
    `import cors from "@fastify/cors";\nawait app.register(cors, { origin: true, credentials: true });`,
    "WSO215 app.js:2",
  ),
  one("cors that reflects without credentials", `import cors from "cors";\napp.use(cors({ origin: true }));`),
  one(
    "cors with a list",
    `import cors from "cors";\napp.use(cors({ origin: ["https://a.example"], credentials: true }));`,
  ),
  one(
    "cors with * and credentials",
    `import cors from "cors";\nconst origin = "*";\napp.use(cors({ origin, credentials: true }));`,
    "WSO216 app.js:3",
  ),

  one("origin.includes", compare(`origin.includes("example.com")`), `WSO220 ${line3}`),
  one("origin?.includes of a list's entry", compare(`list.some((each) => origin?.includes(each))`), `WSO220 ${line3}`),
  one("origin.indexOf", compare(`origin.indexOf("example.com") !== -1`), `WSO220 ${line3}`),
  one("text.includes(origin)", compare(`"https://a.example,https://b.example".includes(origin)`), `WSO220 ${line3}`),
  one("environment.includes(origin)", compare(`process.env.ORIGINS.includes(origin)`), `WSO220 ${line3}`),
  one("environment, named", compare(`ORIGINS.includes(origin)`, "const { ORIGINS } = process.env;"), `WSO220 ${line3}`),
  one("hostname.includes", compare(`new URL(origin).hostname.includes("example.com")`), `WSO220 ${line3}`),
  one("list.includes(origin)", compare(`["https://a.example"].includes(origin)`)),
  one("split.includes(origin)", compare(`process.env.ORIGINS.split(",").includes(origin)`)),
  one("set.has(origin)", compare(`allowed.has(origin)`, `const allowed = new Set(["https://a.example"]);`)),
  one("unknown.includes(origin)", compare(`config.origins.includes(origin)`)),
  one("a comma in an origin", compare(`!origin.includes(",") && list.has(origin)`)),
  one("includes of something else", compare(`origin && name.includes("example.com")`)),
  one("origin.startsWith", compare(`origin.startsWith("https://app.example.com")`), `WSO221 ${line3}`),
  one("origin.startsWith, any", compare(`list.some((each) => origin.startsWith(each))`), `WSO221 ${line3}`),
  one("origin.indexOf === 0", compare(`origin.indexOf("https://app.example.com") === 0`), `WSO221 ${line3}`),
  one("hostname.startsWith", compare(`new URL(origin).hostname.startsWith("192.168.")`), `WSO221 ${line3}`),
  one("a scheme and an end", compare(`origin.startsWith("https://") && origin.endsWith(".example.com")`)),
  one("a start up to the port", compare(`origin.startsWith("http://localhost:")`)),
  one("origin.endsWith", compare(`origin.endsWith("example.com")`), `WSO222 ${line3}`),
  one(
    "hostname.endsWith",
    compare(`{ const { hostname } = new URL(origin); return hostname.endsWith("example.com"); }`),
    `WSO222 ${line3}`,
  ),
  one("hostname.endsWith with a dot", compare(`new URL(origin).hostname.endsWith(".example.com")`)),
  one("hostname.endsWith of a dot and a name", compare("new URL(origin).hostname.endsWith(`.${base}`)")),
  one("endsWith of a name that many share", compare(`origin.endsWith("vercel.app")`), `WSO222 ${line3}`),
  one("hostname.includes localhost", compare(`new URL(origin).hostname.includes("localhost")`), `WSO220 ${line3}`),
  one("endsWith of entries", compare(`["example.com"].some((each) => origin.endsWith(each))`), `WSO222 ${line3}`),
  one("a pattern without ends", compare(String.raw`/example\.com/.test(origin)`), `WSO223 ${line3}`),
  one("a pattern without an end", compare(String.raw`/^https:\/\/app\.example\.com/.test(origin)`), `WSO223 ${line3}`),
  one("a pattern without a start", compare(String.raw`origin.match(/example\.com$/)`), `WSO223 ${line3}`),
  one("a pattern with a bare dot", compare(String.raw`/^https:\/\/app.example\.com$/.test(origin)`), `WSO223 ${line3}`),
  one(
    "a pattern without a dot before the name",
    compare(String.raw`/^https:\/\/.*example\.com$/.test(origin)`),
    `WSO223 ${line3}`,
  ),
  one(
    "a pattern whose ends bind one side",
    compare(String.raw`/^https:\/\/a\.example\.com|https:\/\/b\.example\.com$/.test(origin)`),
    `WSO223 ${line3}`,
  ),
  one("a pattern out of a text", compare(`new RegExp("^https://app.example.com$").test(origin)`), `WSO223 ${line3}`),
  one(
    "a pattern that is right",
    compare(String.raw`/^https:\/\/(?:[a-z0-9-]+\.)?example\.com(?::\d+)?$/.test(origin)`),
  ),
  one(
    "a pattern with ways that are right",
    compare(String.raw`/^https?:\/\/(localhost|(app|www)\.example\.(com|org)):?\d*$/.test(origin)`),
  ),
  one("a pattern for the port", compare(String.raw`list.has(origin) && /:(\d+)$/.test(origin)`)),
  one(
    "a pattern for cors",
    `import cors from "cors";\napp.use(cors({ origin: [/example\\.com$/] }));`,
    "WSO223 app.js:2",
  ),
  one(
    "a pattern for cors that is right",
    `import cors from "cors";\napp.use(cors({ origin: /^https:\\/\\/[a-z]+\\.example\\.com$/ }));`,
  ),
  one("null allowed", compare(`origin === "null" || list.has(origin)`), `WSO224 ${line3}`),
  one("null refused", compare(`origin !== "null" && list.has(origin)`)),
  one("null refused early", compare(`{ if (origin === "null") return false; return list.has(origin); }`)),
  one("null in a list", compare(`["https://a.example", "null"].includes(origin)`), `WSO224 ${line3}`),
  one(
    "null for cors",
    `import cors from "cors";\napp.use(cors({ origin: ["https://a.example", "null"] }));`,
    "WSO224 app.js:2",
  ),
  one("lower case", compare(`origin.toLowerCase() === "https://a.example"`), `WSO225 ${line3}`),
  one("as it came", compare(`origin === "https://a.example"`)),
  one(
    "a pattern with g",
    compare(`pattern.test(origin)`, String.raw`const pattern = /^https:\/\/a\.example$/g;`),
    `WSO226 ${line3}`,
  ),
  one(
    "the same pattern without g",
    compare(`pattern.test(origin)`, String.raw`const pattern = /^https:\/\/a\.example$/;`),
  ),
  one(
    "an origin that has to do with something else",
    `export const isGithub = (origin) => origin.includes("github.com");`,
  ),

  one(
    "two servers of ws",
    `${wsServer}const verifyClient = check;\nnew WebSocketServer({ server, verifyClient, path: "/a" });\nnew WebSocketServer({ server, verifyClient, path: "/b" });`,
    "WSO230 app.js:6",
  ),
  one(
    "two listeners",
    `${guarded}${wsServer}guard(server, { policy });\nconst a = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (q, s, h) => a.handleUpgrade(q, s, h, f));\nserver.on("upgrade", (q, s, h) => a.handleUpgrade(q, s, h, f));`,
    "WSO230 app.js:9",
  ),
  one(
    "two listeners that look at the path",
    `${guarded}${wsServer}guard(server, { policy });\nconst a = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (q, s, h) => { if (q.url === "/a") a.handleUpgrade(q, s, h, f); });\nserver.on("upgrade", (q, s, h) => { if (q.url === "/b") a.handleUpgrade(q, s, h, f); });`,
  ),
  one(
    "two servers of ws on two servers",
    `${wsServer}const other = createServer();\nnew WebSocketServer({ server, verifyClient });\nnew WebSocketServer({ server: other, verifyClient });`,
  ),
  one(
    "one or the other",
    `${wsServer}if (x) new WebSocketServer({ server, verifyClient });\nelse new WebSocketServer({ server, verifyClient });`,
  ),

  one("ws: to a public host", `const socket = new WebSocket("ws://api.acme.com/chat");`, "WSO235 app.js:1"),
  one("ws: to a public host, in a template", "const url = `ws://api.acme.com:8080/chat/${room}`;", "WSO235 app.js:1"),
  one(
    "ws: to hosts nearby",
    `const urls = ["ws://localhost:3000", "ws://127.0.0.1", "ws://10.1.2.3/x", "ws://[::1]:80", "ws://redis:80", "ws://nas.local", "ws://app.example.com", "ws://a.test"];`,
  ),
  one("ws: to a host that is not known", "const url = `ws://${host}/chat`; const b = `ws://a.${host}/`;"),
  one("http: is not ws:", `new WebSocket("http://api.acme.com");\nnew WebSocket("wss://api.acme.com");`),
  one(
    "a token in a template",
    "const socket = new WebSocket(`wss://api.acme.com/chat?token=${token}`);",
    "WSO236 app.js:1",
  ),
  one(
    "a token in a sum",
    `import WebSocket from "ws";\nconst url = base + "?room=1&access_token=" + token;\nnew WebSocket(url);`,
    "WSO236 app.js:3",
  ),
  one(
    "a token in searchParams",
    `const url = new URL("wss://api.acme.com");\nurl.searchParams.set("jwt", jwt);\nnew WebSocket(url);`,
    "WSO236 app.js:3",
  ),
  one(
    "a ticket",
    "new WebSocket(`wss://api.acme.com/chat?ticket=${ticket}`);\nnew WebSocket(`wss://api.acme.com/chat?token=${ticket}`);",
  ),
  one("no token", "new WebSocket(`wss://api.acme.com/chat?room=${token}`);"),
  one("a class of one's own", "class WebSocket {}\nnew WebSocket(`wss://api.acme.com/chat?token=${token}`);"),
  one(
    "the first protocol",
    `${wsServer}new WebSocketServer({ server, verifyClient, handleProtocols: (protocols) => [...protocols][0] });`,
    "WSO237 app.js:4",
  ),
  one(
    "the first protocol, iterated",
    `${wsServer}new WebSocketServer({ server, verifyClient, handleProtocols(protocols) { return protocols.values().next().value; } });`,
    "WSO237 app.js:4",
  ),
  one(
    "the first protocol, taken apart",
    `${wsServer}new WebSocketServer({ server, verifyClient, handleProtocols: (protocols) => { const [first] = protocols; return first; } });`,
    "WSO237 app.js:4",
  ),
  one(
    "a known protocol",
    `${wsServer}new WebSocketServer({ server, verifyClient, handleProtocols: (protocols) => (protocols.has("chat") ? "chat" : false) });`,
  ),
  one(
    "any certificate",
    `import WebSocket from "ws";\nnew WebSocket("wss://api.acme.com", {\n  rejectUnauthorized: false,\n});`,
    "WSO238 app.js:3",
  ),
  one(
    "any certificate here",
    `import WebSocket from "ws";\nnew WebSocket("wss://localhost:1", { rejectUnauthorized: false, perMessageDeflate: true });`,
  ),

  one(
    "cors in an upgrade listener",
    `import cors from "cors";\n${wsServer}const wss = new WebSocketServer({ noServer: true });\nconst check = cors({ origin: list });\nserver.on("upgrade", (request, socket, head) => {\n  check(request, {}, () => wss.handleUpgrade(request, socket, head, f));\n});`,
    "WSO207 app.js:7",
    "WSO240 app.js:8",
  ),
  one(
    "cors in before",
    `import cors from "cors";\nimport { createServer } from "node:http";\nimport { createPolicy, guard } from "@wsorigin/express";\nconst policy = createPolicy({ origins: [] });\nguard(createServer(), { policy, before: [cors()] });`,
    "WSO240 app.js:5",
  ),
  one(
    "a session in before",
    `import session from "express-session";\nimport { createServer } from "node:http";\nimport { createPolicy, guard } from "@wsorigin/express";\nconst policy = createPolicy({ origins: [] });\nguard(createServer(), { policy, before: [session()] });`,
  ),

  one(
    "an upgrade listener that asks who it is, and not from where",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", function upgrade(request, socket, head) {\n  authenticate(request, (error, client) => {\n    if (error || !client) return socket.destroy();\n    wss.handleUpgrade(request, socket, head, (ws) => wss.emit("connection", ws, request, client));\n  });\n});`,
    "WSO207 app.js:5",
  ),
  one(
    "a class whose method checks",
    `import { WebSocketServer } from "ws";\nexport class Gateway {\n  constructor(server) {\n    this.sockets = new WebSocketServer({ server });\n    this.sockets.on("connection", (ws, request) => this.open(ws, request));\n  }\n  open(ws, { headers: { origin } }) {\n    if (!this.allowed.has(origin)) ws.close();\n  }\n}`,
  ),
  one(
    "an Origin that is compared with the Host",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  const { host } = new URL(request.headers.origin);\n  if (host !== request.headers.host) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, f);\n});`,
  ),
  one(
    "CORS headers by hand beside express-ws",
    `${expressWs}app.use((req, res, next) => {\n  const { origin } = req.headers;\n  if (allowed.includes(origin)) res.setHeader("Access-Control-Allow-Origin", origin);\n  next();\n});\napp.ws("/", f);`,
    "WSO202 app.js:10",
  ),
  one(
    "a check of an upgrade that can be got around",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  const { origin } = request.headers;\n  if (origin && !origin.startsWith("https://app.example.com")) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, f);\n});`,
    "WSO221 app.js:7",
  ),
  one(
    "patterns for cors that are right",
    String.raw`import cors from "cors";
app.use(cors({ origin: [
  /^https:\/\/([\w-]+\.)*example\.com$/,
  /^(https?:\/\/(.+\.)?(localhost|example\.com)(?::\d{1,5})?)$/,
  /^https:\/\/[a-z0-9-]+--mysite\.netlify\.app$/,
  /^https:\/\/app-[a-z0-9]+\.example\.com$/,
  /^chrome-extension:\/\/[a-z]{32}$/,
  /\.example\.com$/,
  /^https?:\/\/localhost:\d+/,
  /^http:\/\/192\.168\.\d+\.\d+(:\d+)?$/,
] }));`,
  ),
  one(
    "patterns for cors that are not",
    String.raw`import cors from "cors";
app.use(cors({ origin: [
  /^https?:\/\/localhost(:\d+)?/,
  /localhost|127\.0\.0\.1/,
  /^https?:\/\/.*\.?example\.com$/,
  /^https:\/\/example\.com.*$/,
] }));`,
    "WSO223 app.js:3",
    "WSO223 app.js:4",
    "WSO223 app.js:5",
    "WSO223 app.js:6",
  ),
  one(
    "a match that is taken apart",
    String.raw`import "ws";
export const hostOf = (request) => request.headers.origin.match(/:\/\/(www\.)?(.[^/:]+)/)?.[2];
const [, name] = /\/\/(example\.com)/.exec(request.headers.origin);`,
  ),
  one(
    "origins of Git, flights and messages",
    `import "ws";\nexport const isSsh = (origin) => origin.startsWith("git@github.com");\nwindow.addEventListener("message", (event) => event.origin.endsWith("example.com") && location.origin.includes("x.com"));`,
  ),
  one(
    "cors for Socket.IO's engine",
    `import cors from "cors";\n${socketIo}const io = new Server(server, { allowRequest });\nio.engine.use(cors({ origin: list }));`,
    "WSO240 app.js:6",
  ),
  one(
    "@fastify/websocket in a callback",
    `const fastify = require("fastify")();\nfastify.register(require("@fastify/websocket"));\nfastify.register(async (scope) => {\n  scope.get("/*", { websocket: true }, f);\n});`,
    "WSO205 app.js:4",
  ),
  one(
    "a comment with a reason",
    `import { WebSocketServer } from "ws";\n// wsorigin-ignore WSO206: listens in a test rig only\nnew WebSocketServer({ port: 1 });\nnew WebSocketServer({ port: 2 }); // wsorigin-ignore WSO206: so does this`,
  ),
  one(
    "a comment without one, and one for another rule",
    `import { WebSocketServer } from "ws";\n// wsorigin-ignore WSO206\nnew WebSocketServer({ port: 1 });\n// wsorigin-ignore WSO207: no\nnew WebSocketServer({ port: 1 });`,
    "WSO206 app.js:3",
    "WSO206 app.js:5",
  ),
  {
    what: "scripts in other files, and places in them",
    files: {
      "a.vue":
        '<template><p>ws</p></template>\n<script setup lang="ts">\nconst s: WebSocket = new WebSocket(`wss://a.acme.com?token=${t}`);\n</script>\n',
      "b.html":
        "<script src=x></script>\n<script>\n  new WebSocket('ws://a.acme.com');\n</script>\n<script type=\"text/plain\">new WebSocket('ws://a.acme.com')</script>",
      "c.svelte": "<script>\n  let s = new WebSocket('ws://a.acme.com');\n</script>\n<p>{s}</p>",
      "d.tsx": "export const A = () => <p>{new WebSocket('ws://a.acme.com').url}</p>;",
    },
    found: ["WSO236 a.vue:3", "WSO235 b.html:3", "WSO235 c.svelte:2", "WSO235 d.tsx:1"],
  },
  one(
    "a WebSocketServer, in a file that lists its origins",
    `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nconst origins = ["https://app.example.com"];\nconst server = createServer();\nconst sockets = new WebSocketServer({ server });\nsockets.options.origins = origins;`,
    "WSO206 app.js:5",
  ),
  one(
    "an upgrade listener, in a file that lists its origins",
    `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nexport const origins = ["https://app.example.com"];\nconst server = createServer();\nconst sockets = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  sockets.handleUpgrade(request, socket, head, f);\n});`,
    "WSO207 app.js:6",
  ),
  {
    what: "what is left out",
    files: {
      "node_modules/x/a.js": `new WebSocket("ws://a.acme.com");`,
      "a.js": "",
      "dist/a.js": `new WebSocket("ws://a.acme.com");`,
      "a.min.js": `new WebSocket("ws://a.acme.com");`,
      "test/a.js": `new WebSocket("ws://a.acme.com");`,
      "a.test.ts": `new WebSocket("ws://a.acme.com");`,
    },
    found: [],
  },
  {
    what: "a guard of another package",
    files: {
      "a/package.json": "{}",
      "a/server.js": `${wsServer}export const attach = (server) => new WebSocketServer({ server });`,
      "b/package.json": "{}",
      "b/server.js": `${guarded}import { attach } from "../a/server.js";\nguard(server, { policy });\nattach(server);`,
    },
    found: ["WSO206 a/server.js:4"],
  },
];

export const cases: readonly Case[] = [
  ...servers,
  ...comparisons,
  ...acrossFiles,
  ...runtimes,
  ...misuse,
  ...django,
  ...spring,
];
