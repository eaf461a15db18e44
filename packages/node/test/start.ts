import type { Server } from "node:http";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import { createPolicy, guard } from "../src/index.ts";

/** Guards a server of the kind that is given. */
export function startOn(makeServer: () => Server): AdapterStart {
  return async ({ policy, options, routes, before, after }) => {
    const server = makeServer();
    before(server);
    const gate = guard(server, { policy: createPolicy(policy), ...options });
    after(server);
    for (const { path, handler } of routes) gate.route(path, handler);
    return adapterServer(server, gate);
  };
}
