import { createServer } from "node:http";
import { createPolicy, guard, requestGuard } from "@wsorigin/express";
import { adapterServer, type FuzzStart } from "@wsorigin/testing";
import express, { type RequestHandler } from "express";

export const uses = ["middleware", "requests"] as const;

export const start: FuzzStart = async ({ policy: given, options, routes, before, after, middleware, requests }) => {
  const app = express();
  const policy = createPolicy(given);
  if (requests !== undefined) app.use(requestGuard(policy, requests.options));
  app.use((request, response) => {
    requests?.reached(request);
    response.send("page");
  });
  const server = createServer(app);
  before(server);
  const obey: RequestHandler = async (request, response, next) => {
    const status = await middleware?.(request);
    if (status === undefined) next();
    else response.status(status).end();
  };
  const gate = guard(server, { app, policy, ...options, ...(middleware !== undefined && { before: [obey] }) });
  after(server);
  for (const { path, handler } of routes) gate.route(path, handler);
  return adapterServer(server, gate);
};
