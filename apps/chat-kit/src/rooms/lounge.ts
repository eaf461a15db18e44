import { identityOf } from "@wsorigin/node";
import type { Server } from "socket.io";
import type { ChatParts } from "../start.ts";
import type { Visitor } from "../visitors.ts";
import { endOf, type Event, mostExcess, mostMembers, namesOf, renew } from "./chat.ts";

/** The room that Socket.IO carries, beside those whose sockets the gate opens. The page's `socket-io.js` names it too. */
const lounge = "lounge";

/** What the server sends: the same events as over a WebSocket. */
interface Sent {
  readonly event: (event: Event) => void;
}

/** What a page sends: something to say, or a ticket to stay longer. It can send anything else as well. */
interface Received {
  readonly say: (text: unknown) => void;
  readonly renew: (ticket: unknown) => void;
}

export interface Lounge {
  /** Ends the sessions of Socket.IO. Unlike Socket.IO's own `close()` it does not close the HTTP server. */
  close(): void;
}

/**
 * Opens the lounge on a Socket.IO server. Over both transports the gate's decision says who speaks, and until when.
 *
 * @param io has `allowRequest: gate.allowRequest`, unless the guard is left out
 */
export function openLounge(
  io: Server,
  { chat, visitors, unguarded }: Pick<ChatParts, "chat" | "visitors" | "unguarded">,
): Lounge {
  const server: Server<Received, Sent> = io;
  const members = new Map<string, Visitor>();
  const names = (): string[] => namesOf(members.values());
  const tell = (event: Event): void => void server.to(lounge).emit("event", event);
  chat.addRoom(lounge, { names, tell });

  server.on("connection", async (socket) => {
    const identity = identityOf(socket.request);
    // Without the guard there is nothing but the session's cookie.
    const visitor = unguarded ? visitors.find(socket.request)?.visitor : visitors.behind(identity?.principal);
    if (visitor === undefined || members.size >= mostMembers) {
      socket.disconnect(true);
      return;
    }

    let excess = 0;
    socket.on("say", (text) => {
      const said = chat.say(visitor, lounge, text);
      if ("message" in said) return;
      socket.emit("event", { type: "problem", problem: said.problem });
      if (said.problem === "too-fast" && ++excess > mostExcess) socket.disconnect(true);
    });
    socket.on("renew", async (ticket) =>
      socket.emit("event", await renew(typeof ticket === "string" ? ticket : "", identity)),
    );
    socket.on("disconnect", () => {
      members.delete(socket.id);
      tell({ type: "people", people: names() });
    });

    members.set(socket.id, visitor);
    await socket.join(lounge);
    const [you, messages, until] = [visitor.name, chat.history(lounge), endOf(identity?.decision)];
    socket.emit("event", { type: "welcome", you, room: lounge, people: names(), messages, until });
    tell({ type: "people", people: names() });
  });
  return { close: () => io.engine.close() };
}
