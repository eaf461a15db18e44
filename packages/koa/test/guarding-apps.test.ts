import cors from "@koa/cors";
import Koa from "koa";
import { describeGuardOptions } from "../../testing/test/guard-options.ts";
import { guard } from "../src/index.ts";

describeGuardOptions({
  guard,
  makeApp: () => new Koa(),
  corsMiddleware: cors(),
  says: { app: "must be the Koa app. Write guard(", server: "createServer(app.callback()); guard(server, ...)" },
});
