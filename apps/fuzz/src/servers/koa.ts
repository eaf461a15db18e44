import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/koa";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import Koa from "koa";

export const start: AdapterStart = async ({ policy, options, routes, before, after }) => {
  const app = new Koa();
  app.silent = true;
  app.use((ctx) => {
    ctx.body = "page";
  });
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  before(server);
  const gate = guard(server, { app, policy: createPolicy(policy), ...options });
  after(server);
  for (const { path, handler } of routes) gate.route(path, (socket, ctx) => handler(socket, ctx.wsorigin));
  return adapterServer(server, gate);
};
