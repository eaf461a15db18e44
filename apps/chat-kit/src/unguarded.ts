import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Server as SocketIo } from "socket.io";
import { WebSocketServer } from "ws";
import { unguardedLine } from "./lines.ts";
import { maxPayload } from "./rooms/chat.ts";
import { type Lounge, openLounge } from "./rooms/lounge.ts";
import type { Attached, ChatParts } from "./start.ts";

/** The chat's sockets as they are without a gate: a session is asked for, and any page that a visitor has open can use theirs. */
export function openToAll(parts: ChatParts): Attached {
  const { server, visitors, chat, print } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const room = /^\/chat\/([^/?]+)(?:\?|$)/.exec(request.url ?? "")?.[1];
    // Others may answer it. Socket.IO ends unanswered upgrades.
    if (room === undefined) return;
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
  const lounge = openLoungeToAll(parts);
  return {
    close() {
      lounge.close();
      for (const socket of sockets.clients) socket.terminate();
      return Promise.resolve();
    },
  };
}

/** Socket.IO without a gate: it accepts sessions from every page. */
export function openLoungeToAll(parts: ChatParts): Lounge {
  const { server, print } = parts;
  const io = new SocketIo(server, { maxHttpBufferSize: maxPayload });
  io.on("connection", ({ request }) => print(unguardedLine(request.headers.origin, "/socket.io/")));
  return openLounge(io, parts);
}

/** The upgrades of a server that are not Socket.IO's, for a library that would answer those as well: it gets this one, which does not listen. */
export function upgradesBesideSocketIo(server: Server): Server {
  const others = createServer();
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    if (request.url?.startsWith("/socket.io/") !== true) others.emit("upgrade", request, duplex, head);
  });
  return others;
}
