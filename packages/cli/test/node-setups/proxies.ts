import { createServer } from "node:http";
import { guard as guardExpress } from "@wsorigin/express";
import { wsorigin } from "@wsorigin/fastify";
import { guard as guardKoa } from "@wsorigin/koa";
import { createPolicy } from "@wsorigin/node";
import express from "express";
import Fastify from "fastify";
import httpProxy from "http-proxy";
import { createProxyMiddleware } from "http-proxy-middleware";
import Koa from "koa";
import { atEnd, guarded, serve } from "../backends.ts";
import { freePort } from "../proxies.ts";
import { page, type Setup } from "./setup.ts";

const policyOf = (origin: string) => createPolicy({ origins: [origin] });
const backend = () => guarded({ origins: [page] });

/** http-proxy-middleware, with what its documentation says for sockets, or without. */
const middleware =
  (target: () => Promise<number>, ws: boolean, changeOrigin = false) =>
  async () => {
    const proxy = createProxyMiddleware({ target: `http://127.0.0.1:${await target()}`, ws, changeOrigin });
    const app = express();
    app.use(proxy);
    const server = createServer(app);
    if (ws) server.on("upgrade", proxy.upgrade);
    return serve(server);
  };

const plainProxy = (target: () => Promise<number>, ws: boolean) => async () => {
  const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${await target()}` });
  proxy.on("error", (_error, _request, response) => {
    if ("writeHead" in response) response.writeHead(502).end("Bad gateway");
    else response.destroy();
  });
  const server = createServer((request, response) => proxy.web(request, response));
  if (ws) server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
  return serve(server);
};

const gates: readonly (readonly [name: string, start: (origin: string) => Promise<number>])[] = [
  [
    "Express",
    (origin) => {
      const app = express();
      const server = createServer(app);
      guardExpress(server, { app, policy: policyOf(origin), log: false }).route("/ws", () => {});
      return serve(server);
    },
  ],
  [
    "Koa",
    (origin) => {
      const app = new Koa();
      const answer = app.callback();
      const server = createServer((request, response) => void answer(request, response));
      guardKoa(server, { app, policy: policyOf(origin), log: false }).route("/ws", () => {});
      return serve(server);
    },
  ],
  [
    "Fastify",
    async (origin) => {
      const app = Fastify();
      await app.register(wsorigin, { policy: policyOf(origin), log: false });
      app.get("/ws", { websocket: true }, () => {});
      await app.listen({ port: 0, host: "127.0.0.1" });
      atEnd(() => app.close());
      return serve(app.server, true);
    },
  ],
];

export const proxied: readonly Setup[] = [
  ...gates.flatMap(([name, start]): readonly Setup[] => [
    { name: `wsorigin on ${name}: a list`, found: [], start: () => start(page) },
    {
      name: `wsorigin on ${name}: another page's list`,
      found: ["WSO023"],
      start: () => start("https://other.example.com"),
    },
  ]),
  { name: "http-proxy-middleware: in front of a gate", found: [], start: middleware(backend, true) },
  { name: "http-proxy-middleware: the backend is down", found: ["WSO026"], start: middleware(freePort, true) },
  { name: "http-proxy-middleware: ws is missing", found: ["WSO028"], start: middleware(backend, false) },
  {
    name: "http-proxy-middleware: ws is missing, and the backend is down",
    found: ["WSO026"],
    start: middleware(freePort, false),
  },
  { name: "http-proxy: in front of a gate", found: [], start: plainProxy(backend, true) },
  { name: "http-proxy: the backend is down", found: ["WSO026"], start: plainProxy(freePort, true) },
  { name: "http-proxy: no upgrade listener", found: ["WSO028"], start: plainProxy(backend, false) },
];
