import websocket from "@fastify/websocket";
import { createPolicy, queryParam, wsorigin } from "@wsorigin/fastify";
import { createTickets } from "@wsorigin/tickets";
import {
  type Attach,
  createDoors,
  type Lounge,
  maxPayload,
  openLounge,
  openLoungeToAll,
  socketOriginOf,
  unguardedLine,
  upgradesBesideSocketIo,
  type Visitor,
  warnBefore,
} from "chat-kit";
import Fastify from "fastify";
import { Server } from "socket.io";
import { chatApp } from "./app.ts";

/** Puts the app onto the server, with its sockets behind the gate. */
export const attach: Attach = async (parts) => {
  const { server, origin, host, visitors, chat, stay, unguarded, onDecision, print } = parts;
  const tickets = createTickets<Visitor>();
  const token = { from: [queryParam("ticket")], verify: tickets.verify };
  const policy = createPolicy({ origins: [origin], hosts: [host], token });
  // The server listens already. An app that has none needs no factory.
  const app = Fastify({ serverFactory: (handler) => server.on("request", handler) });
  let lounge: Lounge;
  if (unguarded) {
    await app.register(websocket, { options: { maxPayload, server: upgradesBesideSocketIo(server) } });
    app.decorateRequest("wsorigin", null);
    app.addHook("preHandler", async ({ ws, headers, routeOptions }) => {
      if (ws) print(unguardedLine(headers.origin, routeOptions.url ?? "no route"));
    });
    lounge = openLoungeToAll(parts);
  } else {
    await app.register(wsorigin, {
      policy,
      protocols: ["chat.v1"],
      revocations: tickets,
      onExpiring: ({ socket }) => chat.warn(socket),
      warnBefore: warnBefore(stay),
      maxPayload,
      onDecision,
      log: print,
    });
    // After the plugin, which makes the gate.
    const io = new Server(app.server, { allowRequest: app.wsorigin.allowRequest, maxHttpBufferSize: maxPayload });
    lounge = openLounge(io, parts);
  }
  const doors = unguarded ? [] : createDoors(parts, tickets.verify);
  const socketOrigin = socketOriginOf(origin);
  await app.register(chatApp, { policy, tickets, stay, visitors, chat, socketOrigin, doors });
  await app.ready();
  return {
    async close() {
      await app.close();
      lounge.close();
    },
  };
};
