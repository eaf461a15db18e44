import { type Case, guarded, wsServer } from "./case.ts";

const listening = (imports: string, check: string): string =>
  `${imports}\n${wsServer}const wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  ${check}\n  wss.handleUpgrade(request, socket, head, () => {});\n});`;

const refusal = "return socket.destroy();";

function both(what: string, app: string, files: Readonly<Record<string, string>>, ...found: readonly string[]): Case {
  return { what, files: { "app.js": app, ...files }, found };
}

/** What is made in one file and used in another. */
export const acrossFiles: readonly Case[] = [
  both(
    "a method of a class in another file",
    listening(`import { Gate } from "./gate.js";\nconst gate = new Gate();`, `if (!gate.admits(request)) ${refusal}`),
    { "gate.js": `export class Gate {\n  admits(req) {\n    return this.list.has(req.headers.origin);\n  }\n}` },
  ),
  both(
    "a static method of a default class",
    listening(`import Gate from "./gate.js";`, `if (!Gate.admits(request)) ${refusal}`),
    {
      "gate.js": `export default class Gate {\n  static admits({ headers }) {\n    return list.has(headers.origin);\n  }\n}`,
    },
  ),
  both(
    "a method that is inherited",
    listening(`import { Gate } from "./gate.js";\nconst gate = new Gate();`, `if (!gate.admits(request)) ${refusal}`),
    {
      "base.js": `export class Base {\n  admits(req) {\n    return this.list.has(req.headers.origin);\n  }\n}`,
      "gate.js": `import { Base } from "./base.js";\nexport class Gate extends Base {}`,
    },
  ),
  both(
    "a method of a class in another file that looks at nothing",
    listening(`import { Gate } from "./gate.js";\nconst gate = new Gate();`, `if (!gate.admits(request)) ${refusal}`),
    {
      "gate.js": `export class Gate {\n  admits(req) {\n    console.log(req.headers.origin);\n    return true;\n  }\n}`,
    },
    "WSO207 app.js:7",
  ),
  both(
    "a default function that lets all in, beside one that checks",
    listening(`import admits from "./gate.js";`, `if (!admits(request)) ${refusal}`),
    {
      "gate.js": `export default function () {\n  return true;\n}\nexport const isHome = (r) => r.headers.origin === home;`,
    },
    "WSO207 app.js:6",
  ),
  both(
    "another function of the file checks",
    listening(`import { isJson } from "./checks.js";`, `if (!isJson(request)) ${refusal}`),
    {
      "checks.js": `export const isJson = (r) => r.headers.accept === "json";\nexport const isHome = (r) => r.headers.origin === home;`,
    },
    "WSO207 app.js:6",
  ),
  both(
    "what a factory returns",
    listening(
      `const makeGate = require("./gate");\nconst gate = makeGate(list);`,
      `if (!gate.admits(request)) ${refusal}`,
    ),
    { "gate.js": `module.exports = (list) => {\n  return { admits: (req) => list.has(req.headers["origin"]) };\n};` },
  ),
  both(
    "a helper that is exported by another file again",
    listening(`import { checks } from "./lib/index.js";`, `if (!checks.ok(request)) ${refusal}`),
    {
      "lib/index.js": `export * as checks from "./checks.js";\nexport * from "./checks.js";`,
      "lib/checks.js": `export function ok(r) {\n  return list.has(r.headers.origin);\n}`,
    },
  ),
  both(
    "a helper of module.exports that lets all in",
    listening(`const { allowOrigin } = require("./helpers");`, `if (!allowOrigin(request.headers.origin)) ${refusal}`),
    { "helpers.js": `function allowOrigin(origin) {\n  return true;\n}\nmodule.exports = { allowOrigin };` },
    "WSO207 app.js:6",
  ),
  both(
    "a class that gets its guard",
    `import { WebSocketServer } from "ws";\nexport class App {\n  sockets = new WebSocketServer({ noServer: true });\n  constructor(guard) {\n    this.guard = guard;\n  }\n  listen(server) {\n    server.on("upgrade", (request, socket, head) => {\n      if (!this.guard.admits(request)) return socket.destroy();\n      this.sockets.handleUpgrade(request, socket, head, () => {});\n    });\n  }\n}`,
    { "gate.js": `export class Gate {\n  admits(req) {\n    return this.list.has(req.headers.origin);\n  }\n}` },
  ),
  {
    what: "a class that gets its guard, with types",
    files: {
      "app.ts": `import { WebSocketServer } from "ws";\nimport type { Gate } from "./gate";\nexport class App {\n  sockets = new WebSocketServer({ noServer: true });\n  constructor(private readonly gate: Gate) {}\n  listen(server: Server): void {\n    server.on("upgrade", (request, socket, head) => {\n      if (!this.gate.check(request)) return socket.destroy();\n      this.sockets.handleUpgrade(request, socket, head, () => {});\n    });\n  }\n}`,
      "gate.ts": `export class Gate {\n  check(req: IncomingMessage): boolean {\n    return this.list.has(req.headers.origin ?? "");\n  }\n}`,
    },
    found: [],
  },
  both(
    "a listener of another file",
    `${wsServer}import { onUpgrade } from "./upgrade.js";\nserver.on("upgrade", onUpgrade);`,
    {
      "upgrade.js": `import { WebSocketServer } from "ws";\nconst wss = new WebSocketServer({ noServer: true });\nexport function onUpgrade(request, socket, head) {\n  wss.handleUpgrade(request, socket, head, () => {});\n}`,
    },
    "WSO207 app.js:5",
  ),
  both(
    "a listener of another file that checks",
    `${wsServer}import { onUpgrade } from "./upgrade.js";\nserver.on("upgrade", onUpgrade);`,
    {
      "upgrade.js": `import { WebSocketServer } from "ws";\nconst wss = new WebSocketServer({ noServer: true });\nexport const onUpgrade = (request, socket, head) => {\n  if (!list.has(request.headers.origin)) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, () => {});\n};`,
    },
  ),
  both(
    "a connection handler of another file that checks",
    `${wsServer}import { open } from "./open.js";\nconst wss = new WebSocketServer({ server });\nwss.on("connection", open);`,
    {
      "open.js": `export default function () {}\nexport function open(socket, request) {\n  if (!list.has(request.headers.origin)) socket.close(1008);\n}`,
    },
  ),
  both(
    "a connection handler of another file that does not",
    `${wsServer}import { open } from "./open.js";\nconst wss = new WebSocketServer({ server });\nwss.on("connection", open);`,
    {
      "open.js": `export function open(socket, request) {\n  socket.send(request.headers.origin);\n}\nexport const known = (origin) => list.has(origin);`,
    },
    "WSO206 app.js:5",
  ),
  both(
    "a connection handler that another file adds",
    `${wsServer}export const wss = new WebSocketServer({ server });`,
    {
      "handlers.js": `import { wss } from "./app.js";\nwss.on("connection", (socket, request) => {\n  if (!list.has(request.headers.origin)) return socket.close();\n});`,
    },
  ),
  both(
    "a class that gets the server and checks",
    `${wsServer}import { Rooms } from "./rooms.js";\nconst wss = new WebSocketServer({ server });\nnew Rooms(wss);`,
    {
      "rooms.js": `export class Rooms {\n  constructor(server) {\n    server.on("connection", (socket, request) => this.open(socket, request));\n  }\n  open(socket, request) {\n    if (!this.list.has(request.headers.origin)) return socket.close();\n  }\n}`,
    },
  ),
  both(
    "options of another file",
    `import { WebSocketServer } from "ws";\nimport { options } from "./options.js";\nnew WebSocketServer(options);`,
    { "options.js": `export const options = { port: 8080 };` },
    "WSO206 app.js:3",
  ),
  both(
    "options that a function of another file returns",
    `const { Server } = require("ws");\nconst config = require("./config");\nnew Server(config.forSockets());`,
    { "config.js": `exports.forSockets = () => ({ port: 8080, clientTracking: false });` },
    "WSO206 app.js:3",
  ),
  both(
    "options of another file with verifyClient",
    `import { WebSocketServer } from "ws";\nimport options from "./options.js";\nnew WebSocketServer({ ...options, port: 1 });`,
    { "options.js": `export default { verifyClient: ({ origin }) => list.has(origin) };` },
  ),
  both(
    "a verifyClient of another file that says yes",
    `import { WebSocketServer } from "ws";\nimport { verify } from "./verify.js";\nnew WebSocketServer({ port: 1, verifyClient: verify });`,
    { "verify.js": `export const verify = () => true;` },
    "WSO213 app.js:3",
  ),
  both(
    "a verifyClient of another file that checks",
    `import { WebSocketServer } from "ws";\nimport { verify } from "./verify.js";\nnew WebSocketServer({ port: 1, verifyClient: verify });`,
    { "verify.js": `export const verify = ({ origin }) => list.has(origin);` },
  ),
  both(
    "the server of another file, guarded there",
    `import { WebSocketServer } from "ws";\nimport { server } from "./http.js";\nnew WebSocketServer({ server });`,
    {
      "http.js": `import { createServer } from "node:http";\n${guarded}export const server = createServer();\nguard(server, { policy });`,
    },
  ),
];
