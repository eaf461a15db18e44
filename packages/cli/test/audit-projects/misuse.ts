import { type Case, guarded, one, wsServer } from "./case.ts";

const policy = `import { createPolicy, guard } from "@wsorigin/express";\nconst policy = createPolicy({ origins: ["https://app.example.com"] });\n`;

/** Mistakes with wsorigin itself. */
export const misuse: readonly Case[] = [
  one(
    "guard(app)",
    `import express from "express";\n${policy}const app = express();\nguard(app, { policy });`,
    "WSO231 app.js:5",
  ),
  one(
    "guard(app), required",
    `const express = require("express");\nconst { createPolicy, guard } = require("@wsorigin/node");\nguard(express(), { policy: createPolicy({ origins: [] }) });`,
    "WSO231 app.js:3",
  ),
  one(
    "guard of a Koa app, and of its callback",
    `import Koa from "koa";\nimport { guard } from "@wsorigin/koa";\nconst app = new Koa();\nguard(app, { app, policy });\nguard(app.callback(), { app, policy });`,
    "WSO231 app.js:4",
    "WSO231 app.js:5",
  ),
  one(
    "guard of a Fastify app",
    `import Fastify from "fastify";\nimport { guard } from "@wsorigin/node";\nconst app = Fastify();\nguard(app, { policy });`,
    "WSO231 app.js:4",
  ),
  one(
    "guard of a server of ws",
    `import { WebSocketServer } from "ws";\nimport { guard } from "@wsorigin/node";\nconst wss = new WebSocketServer({ noServer: true });\nguard(wss, { policy });`,
    "WSO231 app.js:4",
  ),
  one(
    "guard of a listener, and of a port",
    `import { guard } from "@wsorigin/node";\nguard((request, response) => response.end(), { policy });\nguard(3000, { policy });`,
    "WSO231 app.js:2",
    "WSO231 app.js:3",
  ),
  {
    what: "guard of an app of another file",
    files: {
      "app.js": `import express from "express";\nexport const app = express();`,
      "main.js": `import { guard } from "@wsorigin/express";\nimport { app } from "./app.js";\nguard(app, { policy });`,
    },
    found: ["WSO231 main.js:3"],
  },
  one(
    "guard of what app.listen returns",
    `import express from "express";\n${policy}const app = express();\nguard(app.listen(3000), { app, policy });`,
  ),
  one(
    "guard of app.getHttpServer",
    `import { NestFactory } from "@nestjs/core";\nimport { guard } from "@wsorigin/node";\nconst app = await NestFactory.create(Module);\nguard(app.getHttpServer(), { policy });`,
  ),
  one(
    "guard of app.server of Fastify",
    `import Fastify from "fastify";\nimport { guard } from "@wsorigin/node";\nconst app = Fastify();\nguard(app.server, { policy });`,
  ),
  one(
    "guard of a server that is handed in",
    `import { guard } from "@wsorigin/node";\nexport const attach = (server) => guard(server, { policy });`,
  ),

  one(
    "two servers of one app, one of them guarded",
    `import express from "express";\nimport http from "node:http";\nimport https from "node:https";\nimport { WebSocketServer } from "ws";\n${policy}const app = express();\nconst plain = http.createServer(app);\nconst secure = https.createServer(keys, app);\nguard(plain, { app, policy });\nnew WebSocketServer({ server: plain });\nnew WebSocketServer({ server: secure });`,
    "WSO206 app.js:12",
  ),
  one(
    "two servers with listeners, one of them guarded",
    `import http from "node:http";\nimport https from "node:https";\nimport { WebSocketServer } from "ws";\n${policy}const wss = new WebSocketServer({ noServer: true });\nconst plain = http.createServer();\nconst secure = https.createServer(keys);\nguard(secure, { policy });\nplain.on("upgrade", (q, s, h) => wss.handleUpgrade(q, s, h, f));\nsecure.on("upgrade", (q, s, h) => wss.handleUpgrade(q, s, h, f));`,
    "WSO207 app.js:10",
  ),
  one(
    "Socket.IO attached to two servers, one of them guarded",
    `import http from "node:http";\nimport https from "node:https";\nimport { Server } from "socket.io";\n${policy}const plain = http.createServer();\nconst secure = https.createServer(keys);\nguard(plain, { policy });\nconst io = new Server({ serveClient: false });\nio.attach(plain);\nio.attach(secure);`,
    "WSO208 app.js:11",
  ),
  one(
    "two servers, both guarded",
    `import http from "node:http";\nimport https from "node:https";\nimport { WebSocketServer } from "ws";\n${policy}const plain = http.createServer();\nconst secure = https.createServer(keys);\nguard(plain, { policy });\nguard(secure, { policy });\nnew WebSocketServer({ server: plain });\nnew WebSocketServer({ server: secure });`,
  ),

  one(
    "check() with a token",
    `${guarded}${wsServer}const strict = createPolicy({ origins: [], token: { from: [], verify } });\nconst wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (request, socket, head) => {\n  if (!strict.check(request).allowed) return socket.destroy();\n  wss.handleUpgrade(request, socket, head, f);\n});`,
    "WSO232 app.js:9",
  ),
  one(
    "check() with a directory, by options elsewhere",
    `import { createPolicy } from "@wsorigin/core";\nconst options = { origins: [], directory: lookUp };\nexport const allows = (request) => createPolicy(options).check(request).allowed;`,
    "WSO232 app.js:3",
  ),
  {
    what: "check() with a token of another file",
    files: {
      "policy.js": `import { createPolicy } from "@wsorigin/node";\nexport const policy = createPolicy({ origins: [], token: { from: [], verify } });`,
      "app.js": `import { policy } from "./policy.js";\nconst websocketAllowed = (request) => policy.check(request).allowed;`,
    },
    found: ["WSO232 app.js:2"],
  },
  one(
    "decide() with a token, and check() without one",
    `import { createPolicy } from "@wsorigin/core";\nconst strict = createPolicy({ origins: [], token: { from: [], verify } });\nconst open = createPolicy({ origins: [] });\nexport const allows = async (request) => (await strict.decide(request)).allowed && open.check(request).allowed;`,
  ),

  one(
    "a second list for cors",
    `import cors from "cors";\n${policy}app.use(cors({ origin: ["https://app.example.com"] }));`,
    "WSO233 app.js:4",
  ),
  one(
    "a second list for @koa/cors and @fastify/cors",
    `import koaCors from "@koa/cors";\nimport cors from "@fastify/cors";\n${policy}koa.use(koaCors({ origin: "https://app.example.com" }));\nfastify.register(cors, { origin: ["https://app.example.com", "https://b.example"] });`,
    "WSO233 app.js:5",
    "WSO233 app.js:6",
  ),
  one(
    "a second list for Socket.IO",
    `import { Server } from "socket.io";\n${policy}guard(server, { policy });\nnew Server(server, { cors: { origin: "https://app.example.com" } });`,
    "WSO233 app.js:5",
  ),
  {
    what: "a second list in the file of the app",
    files: {
      "policy.js": guarded,
      "main.js": `import { policy } from "./policy.js";\nimport { app } from "./app.js";`,
      "app.js": `import cors from "cors";\nconst allowed = ["https://app.example.com"];\nexport const middleware = cors({ origin: allowed });`,
    },
    found: ["WSO233 app.js:3"],
  },
  one(
    "corsOptions(policy)",
    `import cors from "cors";\nimport { corsOptions, createPolicy } from "@wsorigin/express";\nconst policy = createPolicy({ origins: ["https://app.example.com"] });\napp.use(cors(corsOptions(policy)));\napp.use(cors({ ...corsOptions(policy), maxAge: 60 }));`,
  ),
  one(
    "one list for both",
    `import cors from "cors";\nimport { createPolicy } from "@wsorigin/express";\nconst origins = ["https://app.example.com"];\nconst policy = createPolicy({ origins });\napp.use(cors({ origin: origins }));`,
  ),
  one(
    "cors that asks the policy",
    `import cors from "cors";\n${policy}app.use(cors({ origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)) }));`,
  ),
];
