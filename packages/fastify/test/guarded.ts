import Fastify from "fastify";
import { guarded, type StartGuarded } from "../../testing/test/guarded.ts";
import { wsorigin } from "../src/index.ts";

export const startGuarded: StartGuarded<unknown> = async ({ policy, revocations, attach }) => {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(wsorigin, { policy, revocations, log: false });
  attach(app.server, app.wsorigin);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return guarded(app.server, app.wsorigin, () => app.close());
};
