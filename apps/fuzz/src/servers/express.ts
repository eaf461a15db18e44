import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/express";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import express from "express";

export const start: AdapterStart = async ({ policy, options, routes, before, after }) => {
  const app = express();
  app.use((_request, response) => void response.send("page"));
  const server = createServer(app);
  before(server);
  const gate = guard(server, { app, policy: createPolicy(policy), ...options });
  after(server);
  for (const { path, handler } of routes) gate.route(path, handler);
  return adapterServer(server, gate);
};
