import { createPolicy, guard } from "@wsorigin/koa";
import { type Attach, maxPayload, openToAll } from "chat-kit";
import { createApp, requireVisitor } from "./app.ts";

/** Puts the app onto the server, and the gate before its upgrades. */
export const attach: Attach = (parts) => {
  const { server, host, visitors, chat, open, onDecision, print } = parts;
  const policy = createPolicy({ origins: [`http://${host}`], hosts: [host] });
  const app = createApp({ policy, visitors, chat, socketOrigin: `ws://${host}` });
  server.on("request", app.callback());
  if (open) return openToAll(parts);

  const before = [requireVisitor(visitors)];
  const gate = guard(server, { app, policy, before, maxPayload, onDecision, log: print });
  return gate.route("/chat/:room", (socket, ctx) => chat.join(socket, ctx.params.room, visitors.of(ctx)));
};
