import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Chat, maxPayload } from "./chat.ts";
import { unguardedLine } from "./lines.ts";
import type { Visitors } from "./visitors.ts";

export interface UnguardedOptions {
  readonly visitors: Visitors;
  readonly chat: Chat;
  readonly print: (text: string) => void;
}

/** The chat's sockets as they are without a gate: a session is asked for, and any page that a visitor has open can use theirs. */
export function openToAll(server: Server, { visitors, chat, print }: UnguardedOptions): { close(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const room = /^\/chat\/([^/?]+)(?:\?|$)/.exec(request.url ?? "")?.[1];
    if (room === undefined) {
      // With nobody else there it would hang.
      if (server.listenerCount("upgrade") === 1) duplex.destroy();
      return;
    }
    const visitor = visitors.find(request);
    if (visitor === undefined) {
      duplex.end(`HTTP/1.1 401 ${STATUS_CODES[401]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      print(unguardedLine(request.headers.origin, "/chat/:room"));
      socket.on("error", () => socket.terminate());
      chat.join(socket, room, visitor);
    });
  });
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate();
      return Promise.resolve();
    },
  };
}
