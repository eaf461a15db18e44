import { createServer } from "node:http";
import cors from "@koa/cors";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import Koa from "koa";
import { createPolicy, guard } from "@wsorigin/koa";

/** An app with CORS as people set it up who believe that it guards their sockets: it must never meet one. */
export const start: AdapterStart = async ({ policy, options, routes, before, after, answer }) => {
  const app = new Koa();
  app.use(async (ctx, next) => {
    // Koa begins with 404, which is the status that a response without one would get.
    ctx.res.statusCode = 200;
    if (answer?.(ctx.req, ctx.res) === true) {
      ctx.respond = false;
    } else {
      ctx.res.statusCode = 404;
      await next();
    }
  });
  app.use(cors({ origin: (ctx) => ctx.throw(500, "CORS met a handshake") }));
  const server = createServer((request, response) => void app.callback()(request, response));
  before(server);
  const gate = guard(server, { app, policy: createPolicy(policy), ...options });
  after(server);
  for (const { path, handler } of routes) gate.route(path, (socket, ctx) => handler(socket, ctx.wsorigin));
  return adapterServer(server, gate);
};
