import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** An `upgrade` listener that does not know the gate, such as the one of Socket.IO, of a development server, or a hand-made one. */
export class Foreign {
  /** The paths of the requests that reached it. */
  readonly seen: string[] = [];
  /** The requests themselves. */
  readonly requests: IncomingMessage[] = [];
  readonly #sockets: Duplex[] = [];
  readonly #answers: boolean;

  /** `answers`: whether it accepts paths below `/foreign`. It ignores other paths, as listeners that share a server do. */
  constructor(answers = true) {
    this.#answers = answers;
  }

  readonly attach = (server: EventEmitter): void => {
    server.on("upgrade", this.listen);
  };

  readonly attachFirst = (server: EventEmitter): void => {
    server.prependListener("upgrade", this.listen);
  };

  readonly attachOnce = (server: EventEmitter): void => {
    server.once("upgrade", this.listen);
  };

  readonly listen = (request: IncomingMessage, socket: Duplex): void => {
    this.seen.push(request.url?.split("?", 1)[0] ?? "");
    this.requests.push(request);
    this.#sockets.push(socket);
    socket.on("error", () => {});
    if (this.#answers && request.url?.startsWith("/foreign") === true) acceptByHand(request, socket, "foreign");
  };
}

/** Opens a socket without any library: writes the 101, then echoes bytes. */
export function acceptByHand(request: IncomingMessage, socket: Duplex, answeredBy: string): void {
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Answered-By: ${answeredBy}\r\n\r\n`,
  );
  // Echoing bytes is enough to show that the head and everything after it arrive.
  socket.on("data", (chunk: Buffer) => socket.write(chunk));
}
