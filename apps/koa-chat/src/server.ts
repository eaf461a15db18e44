import { createPolicy, guard, queryParam } from "@wsorigin/koa";
import { createTickets } from "@wsorigin/tickets";
import {
  type Attach,
  createDoors,
  maxPayload,
  openLounge,
  openToAll,
  socketOriginOf,
  type Visitor,
  warnBefore,
} from "chat-kit";
import { Server } from "socket.io";
import { createApp } from "./app.ts";

/** Puts the app onto the server, and the gate before its upgrades. */
export const attach: Attach = (parts) => {
  const { server, origin, host, visitors, chat, stay, unguarded, onDecision, print } = parts;
  const tickets = createTickets<Visitor>();
  const token = { from: [queryParam("ticket")], verify: tickets.verify };
  const policy = createPolicy({ origins: [origin], hosts: [host], token });
  const app = createApp({ policy, tickets, stay, visitors, chat, socketOrigin: socketOriginOf(origin) });
  server.on("request", app.callback());
  if (unguarded) return openToAll(parts);

  const gate = guard(server, {
    app,
    policy,
    protocols: ["chat.v1"],
    revocations: tickets,
    onExpiring: ({ socket }) => chat.warn(socket),
    warnBefore: warnBefore(stay),
    maxPayload,
    onDecision,
    log: print,
  });
  for (const { path, ...door } of createDoors(parts, tickets.verify)) {
    gate.route(path, door, (socket, ctx) =>
      chat.join(socket, ctx.params.room, visitors.named(ctx.wsorigin.principal), ctx.wsorigin),
    );
  }
  gate.route("/chat/:room", (socket, ctx) =>
    chat.join(socket, ctx.params.room, visitors.named(ctx.wsorigin.principal), ctx.wsorigin),
  );

  // After the app: Socket.IO takes its own path from the server's requests, and leaves it the rest.
  const io = new Server(server, { allowRequest: gate.allowRequest, maxHttpBufferSize: maxPayload });
  const lounge = openLounge(io, parts);
  return {
    async close() {
      await gate.close();
      lounge.close();
    },
  };
};
