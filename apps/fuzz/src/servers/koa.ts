import { createServer } from "node:http";
import { createPolicy, guard, requestGuard } from "@wsorigin/koa";
import { adapterServer, type FuzzStart } from "@wsorigin/testing";
import Koa from "koa";

export const uses = ["middleware", "requests"] as const;

export const start: FuzzStart = async ({ policy: given, options, routes, before, after, middleware, requests }) => {
  const app = new Koa();
  app.silent = true;
  const policy = createPolicy(given);
  if (requests !== undefined) app.use(requestGuard(policy, requests.options));
  app.use((ctx) => {
    requests?.reached(ctx.req);
    ctx.body = "page";
  });
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  before(server);
  const obey: Koa.Middleware = async (ctx, next) => {
    const status = await middleware?.(ctx.req);
    if (status === undefined) await next();
    else ctx.status = status;
  };
  const gate = guard(server, { app, policy, ...options, ...(middleware !== undefined && { before: [obey] }) });
  after(server);
  for (const { path, handler } of routes) gate.route(path, (socket, ctx) => handler(socket, ctx.wsorigin));
  return adapterServer(server, gate);
};
