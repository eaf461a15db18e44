import websocket from "@fastify/websocket";
import { createPolicy, wsorigin } from "@wsorigin/fastify";
import { type Attach, maxPayload, unguardedLine } from "chat-kit";
import Fastify from "fastify";
import { chatApp } from "./app.ts";

/** Puts the app onto the server, with its sockets behind the gate. */
export const attach: Attach = async ({ server, host, visitors, chat, open, onDecision, print }) => {
  const policy = createPolicy({ origins: [`http://${host}`], hosts: [host] });
  // The server listens already. An app that has none needs no factory.
  const app = Fastify({ serverFactory: (handler) => server.on("request", handler) });
  if (open) {
    await app.register(websocket, { options: { maxPayload } });
    app.addHook("preHandler", async ({ ws, headers, routeOptions }) => {
      if (ws) print(unguardedLine(headers.origin, routeOptions.url ?? "no route"));
    });
  } else await app.register(wsorigin, { policy, maxPayload, onDecision, log: print });
  await app.register(chatApp, { policy, visitors, chat, socketOrigin: `ws://${host}` });
  await app.ready();
  return { close: () => app.close() };
};
