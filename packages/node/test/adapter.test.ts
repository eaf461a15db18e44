import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createPolicy, guard } from "@wsorigin/node";
import { adapterServer, type AdapterSetup, describeAdapter, selfSigned } from "@wsorigin/testing";
import { describe, test } from "vitest";

function start(server: ReturnType<typeof createServer>, { policy, options, routes, before, after }: AdapterSetup) {
  before(server);
  const gate = guard(server, { policy: createPolicy(policy), ...options });
  after(server);
  for (const { path, handler } of routes) gate.route(path, handler);
  return adapterServer(server, gate);
}

describeAdapter(
  "http",
  async (setup) =>
    start(
      createServer((_request, response) => response.end("page")),
      setup,
    ),
  { describe, test },
);
describeAdapter(
  "https",
  async (setup) =>
    start(
      createTlsServer(selfSigned, (_request, response) => response.end("page")),
      setup,
    ),
  { describe, test },
);
