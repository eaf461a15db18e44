import { createServer, type Server } from "node:http";
import websocket from "@fastify/websocket";
import * as expressAdapter from "@wsorigin/express";
import { wsorigin } from "@wsorigin/fastify";
import * as koaAdapter from "@wsorigin/koa";
import express from "express";
import expressWs from "express-ws";
import Fastify from "fastify";
import Koa from "koa";
import easyWs from "koa-easy-ws";
import { echo, ignore, listed, path } from "./servers.ts";

export const frameworkNames = ["express", "fastify", "koa"] as const;

export type FrameworkName = (typeof frameworkNames)[number];

/** What an app of the framework has for its sockets otherwise. It checks nothing. */
export const peers = { express: "express-ws", fastify: "fastify-websocket", koa: "koa-easy-ws" } as const;

export type PeerName = (typeof peers)[FrameworkName];

const policy = expressAdapter.createPolicy({ origins: [listed] });

export const frameworkServers: ReadonlyMap<string | undefined, () => Server | Promise<Server>> = new Map<
  FrameworkName | PeerName,
  () => Server | Promise<Server>
>([
  ["express", withExpress],
  ["express-ws", withExpressWs],
  ["fastify", () => withFastify(true)],
  ["fastify-websocket", () => withFastify(false)],
  ["koa", withKoa],
  ["koa-easy-ws", withEasyWs],
]);

function withExpress(): Server {
  const app = express();
  const server = createServer(app);
  expressAdapter.guard(server, { app, policy, log: ignore }).route(path, echo);
  return server;
}

function withExpressWs(): Server {
  const app = express();
  const server = createServer(app);
  expressWs(app, server).app.ws(path, echo);
  return server;
}

async function withFastify(guarded: boolean): Promise<Server> {
  const app = Fastify();
  if (guarded) await app.register(wsorigin, { policy, log: ignore });
  else await app.register(websocket);
  app.get(path, { websocket: true }, echo);
  await app.ready();
  return app.server;
}

function withKoa(): Server {
  const app = new Koa();
  const server = createServer(app.callback());
  koaAdapter.guard(server, { app, policy, log: ignore }).route(path, echo);
  return server;
}

function withEasyWs(): Server {
  const app = new Koa().use(easyWs()).use(async (ctx) => {
    if (ctx.path === path && ctx.ws !== undefined) echo(await ctx.ws());
  });
  return createServer(app.callback());
}
