import { type Case, compare, line3, one, verify, wsServer } from "./case.ts";

const upgrade = (check: string, before = ""): string =>
  `${wsServer}const wss = new WebSocketServer({ noServer: true });\n${before}\nserver.on("upgrade", (request, socket, head) => {\n  ${check}\n  wss.handleUpgrade(request, socket, head, () => {});\n});`;

const verifier = (body: string): string =>
  `${wsServer}const verifyClient = ${body};\nnew WebSocketServer({ server, verifyClient });`;

/** How an Origin is compared, and what only looks like it. */
export const comparisons: readonly Case[] = [
  // The other way round: an origin is the shorter text.
  one(
    "home.startsWith(origin)",
    compare(`home.startsWith(origin)`, `const home = "https://app.example.com";`),
    `WSO221 ${line3}`,
  ),
  one("entry.startsWith(origin)", compare(`allowed.some((each) => each.startsWith(origin))`), `WSO221 ${line3}`),
  one("config.home?.startsWith(origin)", compare(`config.home?.startsWith(origin)`), `WSO221 ${line3}`),
  one("home.endsWith(origin)", compare(`home.endsWith(origin)`), `WSO222 ${line3}`),
  one("home.endsWith(hostname)", compare(`domain.endsWith(new URL(origin).hostname)`), `WSO222 ${line3}`),
  one("home.indexOf(origin) === 0", compare(`"https://app.example.com".indexOf(origin) === 0`), `WSO221 ${line3}`),
  one("home.indexOf(origin) > -1", compare(`"https://app.example.com".indexOf(origin) > -1`), `WSO220 ${line3}`),
  one("home.match(origin)", compare(`home.match(origin)`), `WSO220 ${line3}`),
  one("list.join().includes(origin)", compare(`allowed.join(",").includes(origin)`), `WSO220 ${line3}`),
  one("JSON.stringify(list).includes(origin)", compare(`JSON.stringify(allowed).includes(origin)`), `WSO220 ${line3}`),
  one("a sum that includes an origin", compare(`(first + "," + second).includes(origin)`), `WSO220 ${line3}`),
  one("home.startsWith(origin and a slash)", compare('home.startsWith(origin + "/")')),
  one("home.startsWith of something else", compare(`origin && home.startsWith("https:")`)),
  one("list.indexOf(origin)", compare(`allowed.indexOf(origin) !== -1`, `const allowed = ["https://a.example"];`)),

  // A part of an origin that is cut out.
  one("origin.slice(0, n)", compare(`origin.slice(0, 23) === "https://app.example.com"`), `WSO221 ${line3}`),
  one("origin.substring(0, n)", compare(`home === origin.substring(0, home.length)`), `WSO221 ${line3}`),
  one("origin.slice(-n)", compare(`origin.slice(-11) === "example.com"`), `WSO222 ${line3}`),
  one("origin.slice(-n), a dot first", compare(`origin.slice(-12) === ".example.com"`)),
  one("origin.slice(-n), everybody's name", compare(`origin.slice(-11) === ".vercel.app"`), `WSO222 ${line3}`),
  one("the scheme that is cut out", compare(`origin.slice(0, 8) === "https://" && list.has(origin)`)),
  one("origin.split[1].startsWith", compare(`origin.split("//")[1].startsWith("app.example.com")`), `WSO221 ${line3}`),
  one("origin.split[1].endsWith", compare(`origin.split("://")[1].endsWith("example.com")`), `WSO222 ${line3}`),
  one(
    "origin.split, taken apart",
    compare(`{ const [, host] = origin.split("://"); return host.includes("example.com"); }`),
    `WSO220 ${line3}`,
  ),
  one(
    "origin.replace().startsWith",
    compare(String.raw`origin.replace(/^https?:\/\//, "").startsWith("app.example.com")`),
    `WSO221 ${line3}`,
  ),
  one("origin.slice(8).startsWith", compare(`origin.slice(8).startsWith("app.example.com")`), `WSO221 ${line3}`),
  one("origin.split[1] compared as a whole", compare(`origin.split("//")[1] === "app.example.com"`)),
  one("origin.replace() of a slash, compared as a whole", compare(String.raw`list.has(origin.replace(/\/$/, ""))`)),

  // Names below which anybody gets one.
  ...[
    "vercel.app",
    "netlify.app",
    "github.io",
    "herokuapp.com",
    "pages.dev",
    "trycloudflare.com",
    "co.uk",
    "webcontainer.io",
  ].map((name) => one(`origin.endsWith(".${name}")`, compare(`origin.endsWith(".${name}")`), `WSO222 ${line3}`)),
  one(
    "hostname.endsWith(everybody's name)",
    compare(`new URL(origin).hostname.endsWith(".web.app")`),
    `WSO222 ${line3}`,
  ),
  one(
    "everybody's name among others",
    compare(`[".example.com", ".onrender.com"].some((end) => origin.endsWith(end))`),
    `WSO222 ${line3}`,
  ),
  one(
    "a pattern for everybody's name",
    compare(String.raw`/^https:\/\/[a-z0-9-]+\.vercel\.app$/.test(origin)`),
    `WSO223 ${line3}`,
  ),
  one(
    "a pattern for everybody's name, with a start of one's own",
    compare(String.raw`/^https:\/\/my-app-.*\.netlify\.app$/.test(origin)`),
    `WSO222 ${line3}`.replace("222", "223"),
  ),
  one("one's own name below everybody's", compare(`origin.endsWith(".my-app.vercel.app")`)),
  one(
    "a pattern for one's own name below everybody's",
    compare(String.raw`/^https:\/\/[a-z0-9-]+-my-team\.vercel\.app$/.test(origin)`),
  ),
  one("a domain of one's own", compare(`origin.endsWith(".my-company.io")`)),

  // A setting that lets all in.
  one("allowed.includes(*)", compare(`allowed.includes("*") || allowed.includes(origin)`), `WSO218 ${line3}`),
  one("allowed.has(*)", compare(`allowed.has("*") ? true : allowed.has(origin)`), `WSO218 ${line3}`),
  one("allowed.indexOf(*)", compare(`allowed.indexOf("*") !== -1 || allowed.includes(origin)`), `WSO218 ${line3}`),
  one(
    "ORIGIN === *",
    compare(`process.env.ALLOWED_ORIGIN === "*" || origin === process.env.ALLOWED_ORIGIN`),
    `WSO218 ${line3}`,
  ),
  one("some entry is *", compare(`allowed.some((each) => each === "*" || each === origin)`), `WSO218 ${line3}`),
  one(
    "early, if a list has *",
    compare(`{ if (allowedOrigins.includes("*")) return true; return allowedOrigins.includes(origin); }`),
    `WSO218 ${line3}`,
  ),
  one(
    "refused, if a list has no *",
    upgrade(
      `if (!allowedOrigins.includes("*") && !allowedOrigins.includes(request.headers.origin)) return socket.destroy();`,
    ),
    "WSO218 app.js:7",
  ),
  one(
    "a list that is known to have no *",
    compare(`allowed.includes("*") || allowed.includes(origin)`, `const allowed = ["https://a.example"];`),
  ),
  one("* in a list of something else", compare(`methods.includes("*") || allowed.includes(origin)`)),
  one(
    "a setting with * that is refused",
    compare(`{ if (allowedOrigins.includes("*")) throw new Error("no"); return allowedOrigins.includes(origin); }`),
  ),

  // What lets everybody in, by any name.
  one(
    "originIsAllowed that says yes",
    `const WebSocketServer = require("websocket").server;\nconst sockets = new WebSocketServer({ httpServer });\nfunction originIsAllowed(origin) {\n  // to do\n  return true;\n}\nsockets.on("request", (request) => {\n  if (!originIsAllowed(request.origin)) return request.reject();\n  request.accept(null, request.origin);\n});`,
    "WSO210 app.js:7",
  ),
  one(
    "an arrow that says yes, and calls it isTrusted",
    upgrade(`if (!isTrusted(request.headers.origin)) return socket.destroy();`, "const isTrusted = (o) => !0;"),
    "WSO207 app.js:6",
  ),
  one(
    "a method that says yes in each of its ways",
    upgrade(
      `if (!rules.check(request.headers.origin)) return socket.destroy();`,
      `const rules = { check(value) { if (!value) { return true; } console.log(value); return 1 === 1 || true; } };`,
    ),
    "WSO207 app.js:6",
  ),
  one(
    "a function that compares",
    upgrade(`if (!isTrusted(request.headers.origin)) return socket.destroy();`, "const isTrusted = (o) => o === home;"),
  ),
  one(
    "a function that falls through",
    upgrade(
      `if (!isTrusted(request)) return socket.destroy();`,
      `function isTrusted(r) { if (r.headers.origin === home) return true; }`,
    ),
  ),
  one("verifyClient, named, that says yes", verifier("function letIn() { return true; }"), "WSO213 app.js:5"),
  one(
    "verifyClient that says yes, or yes",
    verifier("(info) => { if (info.secure) return true; return true; }"),
    "WSO213 app.js:5",
  ),
  one(
    "verifyClient that calls back with yes either way",
    verifier("(info, done) => { if (info.secure) done(true); else done(true, 200); }"),
    "WSO213 app.js:5",
  ),
  one(
    "verifyClient that calls back with yes in one way",
    verifier("(info, done) => { if (list.has(info.origin)) done(true); else done(false, 403); }"),
  ),
  one("verifyClient that says yes, as a promise", verifier("() => Promise.resolve(true)"), "WSO213 app.js:5"),

  // What only asks whether there is one, or tells of it.
  one(
    "an if that only logs",
    upgrade("if (request.headers.origin) console.log(request.headers.origin);"),
    "WSO207 app.js:6",
  ),
  one(
    "an if that only counts",
    upgrade(`if (request.headers.origin === home) { seen++; logger.info("home"); } else metrics.increment("foreign");`),
    "WSO207 app.js:6",
  ),
  one(
    "an if that only asks whether there is an Origin",
    upgrade("if (!request.headers.origin) return socket.destroy();"),
    "WSO207 app.js:6",
  ),
  one(
    "typeof origin",
    upgrade(`if (typeof request.headers.origin !== "string") return socket.destroy();`),
    "WSO207 app.js:6",
  ),
  one(
    "origin === undefined",
    upgrade("if (request.headers.origin === undefined) return socket.destroy();"),
    "WSO207 app.js:6",
  ),
  one(
    "an answer that is only logged",
    upgrade("const known = list.includes(request.headers.origin);\n  console.log(known);"),
    "WSO207 app.js:6",
  ),
  one(
    "an answer that decides",
    upgrade("const known = list.includes(request.headers.origin);\n  if (!known) return socket.destroy();"),
  ),
  one(
    "an Origin that has to be there, and known",
    upgrade("const { origin } = request.headers;\n  if (!origin || !list.has(origin)) return socket.destroy();"),
  ),
  one(
    "an if that logs and refuses",
    upgrade("if (!list.has(request.headers.origin)) { console.warn('no'); socket.destroy(); return; }"),
  ),

  // Checks of something else.
  one(
    "verifyClient for a subprotocol",
    verifier(`(info) => info.req.headers["sec-websocket-protocol"] === "chat"`),
    "WSO217 app.js:5",
  ),
  one(
    "verifyClient for a subprotocol, with a callback",
    verifier(
      `({ req }, done) => { const protocols = req.headers["sec-websocket-protocol"]; done(protocols?.includes("chat.v1") === true, 400); }`,
    ),
    "WSO217 app.js:5",
  ),
  one("verifyClient for a path", verifier(`(info) => info.req.url.startsWith("/ws")`), "WSO217 app.js:5"),
  one(
    "verifyClient for a Referer",
    verifier(`(info) => info.req.headers.referer === "https://app.example.com/"`),
    "WSO217 app.js:5",
  ),
  one(
    "verifyClient for a part of a Referer",
    verifier(`(info) => info.req.headers.referer.includes("example.com")`),
    "WSO220 app.js:4",
    "WSO217 app.js:5",
  ),
  one(
    "verifyClient for a session",
    `import session from "express-session";\nconst parse = session({ secret });\n${verifier("(info, done) => parse(info.req, {}, () => done(Boolean(info.req.session.user)))")}`,
    "WSO217 app.js:7",
  ),
  one(
    "verifyClient that hands the request on",
    `import { gate } from "our-gate";\n${verifier("(info, done) => gate.ask(info.req, done)")}`,
  ),
  one(
    "verifyClient for a path, with a check later",
    `${wsServer}const wss = new WebSocketServer({ server, verifyClient: (info) => info.req.url === "/ws" });\nwss.on("connection", (socket, { headers }) => { if (!list.has(headers.origin)) socket.terminate(); });`,
  ),
  one(
    "a Referer of an image",
    `import "ws";\napp.get("/a.png", (req, res) => { if (!req.headers.referer.includes("example.com")) res.status(403).end(); });`,
  ),
  one(
    "allowRequest that says yes",
    `const { Server } = require("socket.io");\nnew Server(server, { allowRequest: (request, callback) => callback(null, true) });`,
    "WSO213 app.js:2",
  ),
  one(
    "allowRequest for a cookie",
    `const { Server } = require("socket.io");\nnew Server(server, { allowRequest: (request, callback) => callback(null, sessions.has(request.headers.cookie)) });`,
    "WSO217 app.js:2",
  ),
  one(
    "allowRequest for an Origin",
    `const { Server } = require("socket.io");\nnew Server(server, { allowRequest: (request, callback) => callback(null, list.has(request.headers.origin)) });`,
  ),

  // How it is read and where it is asked for.
  one(
    "h[origin]",
    upgrade("if (!ok(request.headers)) return socket.destroy();", `const ok = (h) => list.has(h["origin"]);`),
  ),
  one(
    "headers.get, by a helper",
    upgrade(
      `if (!list.has(header(request, "origin"))) return socket.destroy();`,
      "const header = (r, name) => r.headers[name];",
    ),
  ),
  one(
    "a name for origin",
    upgrade("if (!list.has(request.headers[ORIGIN])) return socket.destroy();", `const ORIGIN = "origin";`),
  ),
  one(
    "get(request, headers.origin)",
    upgrade(`if (!list.has(get(request, "headers.origin"))) return socket.destroy();`),
  ),
  one(
    "shouldHandle",
    `${wsServer}const wss = new WebSocketServer({ server });\nwss.shouldHandle = (request) => list.has(request.headers.origin);`,
  ),
  one(
    "shouldHandle, a function that has a name",
    `${wsServer}const wss = new WebSocketServer({ server });\nfunction handles({ headers }) {\n  return list.has(headers.origin);\n}\nwss.shouldHandle = handles;`,
  ),
  one(
    "shouldHandle for a path",
    `${wsServer}const wss = new WebSocketServer({ server });\nwss.shouldHandle = (request) => request.url === "/ws";`,
    "WSO206 app.js:4",
  ),
  one(
    "shouldHandle in a listener's server",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nwss.shouldHandle = ({ headers: { origin } }) => origin === home;\nserver.on("upgrade", (q, s, h) => wss.handleUpgrade(q, s, h, f));`,
  ),
  one(
    "a bound method",
    `${wsServer}class App {\n  sockets = new WebSocketServer({ noServer: true });\n  start() {\n    server.on("upgrade", this.up.bind(this));\n  }\n  up(request, socket, head) {\n    this.sockets.handleUpgrade(request, socket, head, () => {});\n  }\n}`,
    "WSO207 app.js:7",
  ),
  one(
    "a bound method that checks",
    `${wsServer}class App {\n  sockets = new WebSocketServer({ noServer: true });\n  start() {\n    server.on("upgrade", this.up.bind(this));\n  }\n  up(request, socket, head) {\n    if (!this.list.has(request.headers.origin)) return socket.destroy();\n    this.sockets.handleUpgrade(request, socket, head, () => {});\n  }\n}`,
  ),
  one(
    "a bound function",
    `${wsServer}const wss = new WebSocketServer({ noServer: true });\nfunction up(request, socket, head) {\n  wss.handleUpgrade(request, socket, head, () => {});\n}\nserver.on("upgrade", up.bind(null));`,
    "WSO207 app.js:8",
  ),
  one(
    "options that a function returns",
    `${wsServer}function options() {\n  return { server, path: "/chat" };\n}\nnew WebSocketServer(options());`,
    "WSO206 app.js:7",
  ),
  one(
    "options that an arrow returns, with verifyClient",
    `${wsServer}const options = () => ({ server, verifyClient });\nnew WebSocketServer(options());`,
  ),
  one(
    "options that are spread out of a function",
    `${wsServer}const common = () => ({ perMessageDeflate: false });\nnew WebSocketServer({ ...common(), server });`,
    "WSO206 app.js:5",
  ),
  one(
    "verifyClient that a function returns",
    `${wsServer}const checking = (list) => (info) => list.has(info.req.url);\nnew WebSocketServer({ server, verifyClient: checking(paths) });`,
    "WSO217 app.js:5",
  ),
  one("verifyClient for an Origin that a function returns", verify(`((list) => (info) => list.has(info.origin))(all)`)),

  // Flow.
  {
    what: "types of Flow",
    files: {
      "a.js": `// @flow\nimport { WebSocketServer } from "ws";\ntype Options = {| +port: number |};\nexport const start = (options: Options): WebSocketServer => new WebSocketServer({ port: options.port });`,
      "b.js": `import WebSocket from "ws";\nimport type { Thing } from "./thing";\nconst server = new WebSocket.Server(({ port: 1 }: any));\nexport function f(a: ?string, ...rest: Array<Thing>): void {}`,
      "c.jsx": `/* @flow strict */\nexport opaque type Id: string = string;\nexport const A = (p: { id: Id }) => <p>{new WebSocket("ws://a.acme.com").url}</p>;`,
    },
    found: ["WSO206 a.js:4", "WSO206 b.js:3", "WSO235 c.jsx:3"],
  },
];
