import { createServer } from "node:http";
import type { Application } from "express";
import { guarded, type StartGuarded } from "../../testing/test/guarded.ts";
import { guard } from "../src/index.ts";

export function startGuarded<P>(express: () => Application): StartGuarded<P> {
  return ({ policy, revocations, before, attach }) => {
    const app = express();
    const server = createServer(app);
    const gate = guard(server, {
      app,
      policy,
      revocations,
      log: false,
      before: [
        (request, response, next) => {
          const status = before?.(request);
          if (status === undefined) next();
          else response.status(status).end();
        },
      ],
    });
    attach(server, gate);
    return guarded(server, gate);
  };
}
