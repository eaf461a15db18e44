/** A package as its users meet it. */
export interface Adapter {
  readonly name: "express" | "fastify" | "koa" | "node";
  /** What a program needs before it can use the gate. */
  readonly head: string;
  /** A program in which a `^` stands before each word that is hovered over. */
  readonly hovered: string;
}

const imports = (name: string): string => `
import { createServer } from "node:http";
import { bearerHeader, createPolicy, grant, guard, refuse } from "@wsorigin/${name}";
const server = createServer();
`;

const hovered = (app: string, context: string, known: string): string => `
const ^policy = ^createPolicy({ ^origins: ["https://app.example.com"], ^hosts: ["api.example.com"] });
const ^gate = ^guard(server, { ${app}^policy });
gate.^route("/chat/:room", (^socket, ^${context}) => { const { ^params } = ${context}; });
gate.^route("/chat/:room", { ^protocols: ["chat.v1"] }, (socket, { ^params }) => {});
gate.route("/chat/:room{/:file}", (socket, { ^params }) => {});
gate.route("/files/:a-:b/*path", (socket, { ^params }) => {});
gate.route("/files{/*path}", (socket, { ^params }) => {});
gate.route("/plain", (socket, { ^params }) => {});
const verify = (token: string) => (token === "" ? refuse("invalid") : grant({ principal: { name: token } }));
const withToken = ^createPolicy({ origins: [], token: { ^from: [bearerHeader()], ^verify, ^required: true } });
guard(createServer(), { ${app}policy: withToken }).route("/chat", (socket, ${context}) => {
  const { ^principal, ^decision, ^origin, ^refresh, ^close, ^request } = ${known};
});
const optional = ^createPolicy({ origins: [], token: { from: [bearerHeader()], verify, required: false } });
`;

/** Every option of a gate. */
export const gateOptions = `
^policy, ^report: policy, ^protocols: [], ^unrouted: "filter", ^refuseWith: "status", ^deadline: 1, ^grace: 1, ^maxPayload: 1, ^maxPending: 1,
^maxConnections: 1, ^maxConnectionsPerIp: 1, ^maxFailures: { ^count: 1, ^seconds: 1 }, ^maxUnauthenticated: 1, ^explainRoute: true,
^closeCodes: "http", ^onDecision() {}, ^onError() {}, ^log: false, ^onExpiring() {}, ^warnBefore: 1,
`;

export const adapters: readonly Adapter[] = [
  { name: "node", head: imports("node"), hovered: hovered("", "context", "context") },
  {
    name: "express",
    head: `${imports("express")}import express from "express";\nconst app = express();\n`,
    hovered: hovered("^app, ^before: [], ", "context", "context"),
  },
  {
    name: "koa",
    head: `${imports("koa")}import Koa from "koa";\nconst app = new Koa();\n`,
    hovered: hovered("^app, ^before: [], ", "ctx", "ctx.wsorigin"),
  },
  {
    name: "fastify",
    head: `
import Fastify from "fastify";
import { bearerHeader, createPolicy, grant, wsorigin } from "@wsorigin/fastify";
const app = Fastify();
`,
    hovered: `
const policy = ^createPolicy({ origins: ["https://app.example.com"] });
await app.register(^wsorigin, { ^policy, ^websocket: {} });
app.get<{ Params: { room: string } }>("/chat/:room", { websocket: true, config: { ^wsorigin: {} } }, (socket, request) => {
  const { ^params, ^wsorigin } = request;
  if (wsorigin) { const { ^principal, ^decision, ^origin, ^ip, ^refresh } = wsorigin; }
});
app.^wsorigin;
`,
  },
];

/** A program that is wrong, and what its error has to name. */
export interface Mistake {
  readonly adapter: Adapter["name"];
  readonly code: string;
  readonly names: string;
}

const mistake = (adapter: Adapter["name"], names: string, code: string): Mistake => ({ adapter, names, code });
const token = (verify: string): string =>
  `createPolicy({ origins: [], token: { from: [bearerHeader()], verify: ${verify} } });`;

/** Mistakes whose error the compiler writes in one line. */
export const oneLine: readonly Mistake[] = [
  mistake("node", "'origin'", 'createPolicy({ origin: ["https://app.example.com"] });'),
  mistake("node", "'readonly string[]'", 'createPolicy({ origins: "https://app.example.com" });'),
  mistake("node", "'RegExp'", "createPolicy({ origins: [/app/] });"),
  mistake("node", '"Allow"', 'createPolicy({ origins: [], missingOrigin: "Allow" });'),
  mistake("node", "'sameHosts'", "createPolicy({ origins: [], sameHosts: true });"),
  mistake("node", "'require'", token("() => grant({ principal: 1 }), require: false")),
  mistake("node", "'boolean'", token('(token) => token === "secret"')),
  mistake("node", "'user'", token("() => grant({ user: 1 })")),
  mistake("node", '"wrong"', token('() => refuse("wrong")')),
  mistake("node", "'polcy'", "guard(server, { polcy: policy });"),
  mistake("node", "'origins'", 'guard(server, { policy: { origins: ["https://app.example.com"] } });'),
  mistake("node", "'protocol'", 'guard(server, { policy, protocol: ["chat.v1"] });'),
  mistake("node", '"deny"', 'guard(server, { policy, unrouted: "deny" });'),
  mistake("node", "'string'", 'guard(server, { policy, maxPayload: "1mb" });'),
  mistake("node", "2 arguments", "guard(server);"),
  mistake("node", "'protocol'", 'guard(server, { policy }).route("/x", { protocol: ["chat.v1"] }, () => {});'),
  mistake("node", "'rom'", 'guard(server, { policy }).route("/chat/:room", (_, { params }) => params.rom);'),
  mistake("node", "'param'", 'guard(server, { policy }).route("/chat/:room", (_, { param }) => {});'),
  mistake("node", "'end'", 'guard(server, { policy }).route("/x", (request, response) => response.end());'),
  mistake("node", "2-3 arguments", 'guard(server, { policy }).route("/x");'),
  mistake("express", "'polcy'", "guard(server, { app, polcy: policy });"),
  mistake("express", "'number'", "guard(server, { app, policy, before: [1] });"),
  mistake("express", "'protocol'", 'guard(server, { app, policy }).route("/x", { protocol: ["x"] }, () => {});'),
  mistake("express", "'rom'", 'guard(server, { app, policy }).route("/chat/:room", (_, { params }) => params.rom);'),
  mistake("koa", "'polcy'", "guard(server, { app, polcy: policy });"),
  mistake("koa", "'protocol'", 'guard(server, { app, policy }).route("/x", { protocol: ["x"] }, () => {});'),
  mistake("koa", "'rom'", 'guard(server, { app, policy }).route("/chat/:room", (_, { params }) => params.rom);'),
  mistake("koa", "2-3 arguments", 'guard(server, { app, policy }).route("/x");'),
  mistake(
    "fastify",
    "'request.wsorigin'",
    'app.get("/x", { websocket: true }, (_, request) => void request.wsorigin.ip);',
  ),
];

/** Mistakes whose error has more lines because the compiler, or Fastify's own overloads of `register`, add theirs. */
export const moreLines: readonly Mistake[] = [
  mistake("express", "'GuardableServer'", "guard(app, { app, policy });"),
  mistake("koa", "'GuardableServer'", "guard(app, { app, policy });"),
  mistake("express", "'app'", "guard(server, { policy });"),
  mistake("node", "'policy'", "guard(server, policy);"),
  mistake("node", "'Verification<undefined>'", token("async () => ({ id: 1 })")),
  mistake("fastify", "'polcy'", "await app.register(wsorigin, { polcy: policy });"),
  mistake("fastify", "'server'", "await app.register(wsorigin, { policy, websocket: { options: { server: 1 } } });"),
];
