import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { maxPayload } from "./rooms/chat.ts";
import { unguardedLine } from "./lines.ts";
import type { Attached, ChatParts } from "./start.ts";

/** The chat's sockets as they are without a gate: a session is asked for, and any page that a visitor has open can use theirs. */
export function openToAll({ server, visitors, chat, print }: ChatParts): Attached {
  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const room = /^\/chat\/([^/?]+)(?:\?|$)/.exec(request.url ?? "")?.[1];
    if (room === undefined) {
      // With nobody else there it would hang.
      if (server.listenerCount("upgrade") === 1) duplex.destroy();
      return;
    }
    const session = visitors.find(request);
    if (session === undefined) {
      duplex.end(`HTTP/1.1 401 ${STATUS_CODES[401]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      print(unguardedLine(request.headers.origin, "/chat/:room"));
      socket.on("error", () => socket.terminate());
      chat.join(socket, room, session.visitor);
    });
  });
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate();
      return Promise.resolve();
    },
  };
}
