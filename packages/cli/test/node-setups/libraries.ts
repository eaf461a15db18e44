import { createServer, type IncomingMessage } from "node:http";
import fastifyWebsocket from "@fastify/websocket";
import { createAdaptorServer } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import crossws, { type NodeOptions } from "crossws/adapters/node";
import { Server as EngineServer } from "engine.io";
import express from "express";
import expressWs from "express-ws";
import Fastify from "fastify";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { Hono, type MiddlewareHandler } from "hono";
import Koa from "koa";
import easyWs from "koa-easy-ws";
import { Server as SocketIo } from "socket.io";
import { WebSocketServer } from "ws";
import { atEnd, notFound, serve } from "../backends.ts";
import { asVisitor, openDoor, page, type Setup } from "./setup.ts";

type Check = (origin: string | undefined) => boolean;

const everybody: Check = () => true;
const listed: Check = (origin) => origin === page;
const other: Check = (origin) => origin === undefined || origin === "https://other.example.com";

const onExpressWs = (check: Check) => () => {
  const app = express();
  const server = createServer(app);
  const verifyClient = ({ origin }: { origin: string }): boolean => check(origin);
  const { app: routed } = expressWs(app, server, { wsOptions: { verifyClient } });
  routed.ws("/ws", (socket) => socket.on("error", () => {}));
  return serve(server);
};

const onFastify =
  (check: Check, handler: (socket: { close(code?: number): void }) => void = () => {}) =>
  async () => {
    const app = Fastify();
    await app.register(fastifyWebsocket, {
      options: { verifyClient: ({ origin }: { origin: string }) => check(origin) },
    });
    app.get("/ws", { websocket: true }, handler);
    await app.listen({ port: 0, host: "127.0.0.1" });
    atEnd(() => app.close());
    return serve(app.server, true);
  };

const onKoaEasyWs = (check: Check) => () => {
  const app = new Koa();
  app.silent = true;
  app.use(easyWs()).use(async (ctx) => {
    if (ctx.path !== "/ws" || ctx.ws === undefined) return;
    if (check(ctx.headers.origin)) (await ctx.ws()).on("error", () => {});
    else ctx.status = 403;
  });
  const server = createServer();
  const answer = app.callback();
  server.on("request", (request, response) => void answer(request, response));
  return serve(server);
};

const checkedBy =
  (check: Check): MiddlewareHandler =>
  async (context, next) =>
    check(context.req.header("origin")) ? next() : context.text("Forbidden", 403);

const onHono =
  (check: Check, attach = true, close?: number) =>
  () => {
    const app = new Hono();
    const sockets = createNodeWebSocket({ app });
    if (attach)
      app.get(
        "/ws",
        checkedBy(check),
        sockets.upgradeWebSocket(() => ({
          onOpen: (_event, socket) => void (close !== undefined && socket.close(close)),
        })),
      );
    const server = createAdaptorServer({ fetch: app.fetch });
    if (attach) sockets.injectWebSocket(server);
    if (!("maxHeadersCount" in server)) throw new Error("It is a server of HTTP/1.1.");
    return serve(server);
  };

const onCrossws = (check: Check) => () => {
  const upgrade = (request: Request): void => {
    if (!check(request.headers.get("origin") ?? undefined)) throw new Response("Forbidden", { status: 403 });
  };
  const options: NodeOptions = { hooks: { upgrade } };
  const sockets = crossws(options);
  const server = createServer(notFound);
  server.on("upgrade", (request, socket, head) => void sockets.handleUpgrade(request, socket, head));
  atEnd(() => sockets.closeAll());
  return serve(server);
};

/** `allowRequest` of Socket.IO and Engine.IO. */
const allowing =
  (check: Check) =>
  ({ headers }: IncomingMessage, done: (error: string | null | undefined, success: boolean) => void): void =>
    done(null, check(headers.origin));

const onSocketIo = (check: Check) => () => {
  const server = createServer(notFound);
  const io = new SocketIo(server, { cors: { origin: page }, allowRequest: allowing(check) });
  atEnd(() => void io.close());
  return serve(server);
};

const onEngineIo = (check: Check) => () => {
  const server = createServer(notFound);
  const engine = new EngineServer({ allowRequest: allowing(check) });
  engine.attach(server);
  atEnd(() => engine.close());
  return serve(server);
};

const enginePath = "/socket.io/?EIO=4&transport=websocket";

const onGraphqlWs = (check: Check) => () => {
  const server = createServer(notFound);
  const sockets = new WebSocketServer({
    server,
    path: "/ws",
    verifyClient: ({ origin }: { origin: string }) => check(origin),
  });
  const { dispose } = useServer(
    { schema: buildSchema("type Query { hello: String }"), connectionInitWaitTimeout: 700 },
    sockets,
  );
  atEnd(() => dispose());
  return serve(server);
};

const graphql = ["--protocol", "graphql-transport-ws"];

/** For each: a check that is right, none at all, and one that refuses the page. */
function threeOf(
  name: string,
  start: (check: Check) => () => Promise<number>,
  more: Partial<Setup> = {},
): readonly Setup[] {
  return [
    { name: `${name}: a list`, found: [], start: start(listed), ...more },
    {
      name: `${name}: no check`,
      found: openDoor,
      start: start(everybody),
      ...more,
      args: [...(more.args ?? []), ...asVisitor],
    },
    { name: `${name}: another page's list`, found: ["WSO023"], start: start(other), ...more },
  ];
}

export const libraries: readonly Setup[] = [
  ...threeOf("express-ws", onExpressWs),
  ...threeOf("@fastify/websocket", (check) => onFastify(check)),
  ...threeOf("koa-easy-ws", onKoaEasyWs),
  ...threeOf("Hono, @hono/node-ws", (check) => onHono(check)),
  ...threeOf("crossws", onCrossws),
  ...threeOf("Socket.IO, allowRequest", onSocketIo, { path: enginePath }),
  ...threeOf("Engine.IO, allowRequest", onEngineIo, { path: enginePath.replace("socket", "engine") }),
  ...threeOf("graphql-ws", onGraphqlWs, { args: graphql }),
  {
    name: "graphql-ws: it waits for connection_init",
    found: ["WSO060"],
    start: onGraphqlWs(listed),
    args: [...graphql, "--idle", "2"],
  },
  {
    name: "Socket.IO: allowRequest refuses the page and programs",
    found: ["WSO023"],
    start: onSocketIo((origin) => origin === "https://other.example.com"),
    path: enginePath,
  },
  { name: "Hono: no socket, 404 for both", found: ["WSO035"], start: onHono(listed, false) },
  { name: "Hono, @hono/node-ws: another path, 404 for both", found: ["WSO035"], start: onHono(listed), path: "/chat" },
  { name: "Hono, @hono/node-ws: closed at once", found: ["WSO043"], start: onHono(listed, true, 1008) },
  {
    name: "@fastify/websocket: closed at once",
    found: ["WSO043"],
    start: onFastify(listed, (socket) => socket.close(4401)),
  },
];
