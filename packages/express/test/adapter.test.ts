import { createServer } from "node:http";
import { adapterServer, describeAdapter } from "@wsorigin/testing";
import cors from "cors";
import { describe, test } from "vitest";
import { createPolicy, guard } from "../src/index.ts";
import { majors } from "./support.ts";

for (const { name, express } of majors) {
  describeAdapter(
    name,
    async ({ policy, options, routes, before, after }) => {
      const app = express();
      // CORS as people set it up who believe that it guards their sockets: it must never meet one.
      app.use(cors({ origin: (_origin, callback) => callback(new Error("CORS met a handshake")) }));
      const server = createServer(app);
      before(server);
      const gate = guard(server, { app, policy: createPolicy(policy), ...options });
      after(server);
      for (const { path, handler } of routes) gate.route(path, handler);
      return adapterServer(server, gate);
    },
    { describe, test },
  );
}
