import { createServer } from "node:http";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import cors from "cors";
import type { Application } from "express";
import { createPolicy, guard } from "@wsorigin/express";

/** An app with CORS as people set it up who believe that it guards their sockets: it must never meet one. */
export function startOn(express: () => Application): AdapterStart {
  return async ({ policy, options, routes, before, after, answer }) => {
    const app = express();
    app.use((request, response, next) => {
      if (answer?.(request, response) !== true) next();
    });
    app.use(cors({ origin: (_origin, callback) => callback(new Error("CORS met a handshake")) }));
    const server = createServer(app);
    before(server);
    const gate = guard(server, { app, policy: createPolicy(policy), ...options });
    after(server);
    for (const { path, handler } of routes) gate.route(path, handler);
    return adapterServer(server, gate);
  };
}
