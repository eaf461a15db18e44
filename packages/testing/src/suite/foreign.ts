import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** An `upgrade` listener that knows nothing of any gate: Socket.IO, a dev server's, or one made by hand. */
export class Foreign {
  /** The paths of the requests that reached it. */
  readonly seen: string[] = [];
  readonly #sockets: Duplex[] = [];
  readonly #answers: boolean;

  /** `answers`: whether it accepts what is below `/foreign`. It leaves the rest alone, as listeners that share a server do. */
  constructor(answers = true) {
    this.#answers = answers;
  }

  readonly attach = (server: EventEmitter): void => {
    server.on("upgrade", this.#listen);
  };

  readonly attachFirst = (server: EventEmitter): void => {
    server.prependListener("upgrade", this.#listen);
  };

  readonly attachOnce = (server: EventEmitter): void => {
    server.once("upgrade", this.#listen);
  };

  readonly #listen = (request: IncomingMessage, socket: Duplex): void => {
    this.seen.push(request.url?.split("?", 1)[0] ?? "");
    this.#sockets.push(socket);
    if (!this.#answers || request.url?.startsWith("/foreign") !== true) return;
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Answered-By: foreign\r\n\r\n`,
    );
    // Echoes bytes: whether the head and what follows get here is all that matters.
    socket.on("data", (chunk: Buffer) => socket.write(chunk));
  };
}
