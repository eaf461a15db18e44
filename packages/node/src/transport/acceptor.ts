import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { chooseProtocol } from "@wsorigin/core/gate";
import { type WebSocket, WebSocketServer } from "ws";

/** How long a peer may take to answer a close frame, in milliseconds, before `ws` destroys its socket. */
export const closeTimeout = 5000;

export interface AcceptorOptions {
  readonly protocols: readonly string[];
  /** In bytes. */
  readonly maxPayload: number;
  /** Called if a message was longer than `maxPayload`; `ws` closes the socket with 1009. */
  readonly tooLong?: () => void;
}

/** Completes handshakes with `ws`, after the gate has allowed them. */
export class Acceptor {
  readonly #server: WebSocketServer;
  #opened: WebSocket | undefined;
  #problem: string | undefined;
  readonly #onOpen = (socket: WebSocket): void => {
    this.#opened = socket;
  };
  /** Listens to the `error` event of a socket. Without a listener it ends the process; `ws` has closed the socket by then, with the right code. */
  readonly onError: (error: Error) => void;

  constructor({ protocols, maxPayload, tooLong }: AcceptorOptions) {
    this.onError = (error) => {
      if (Reflect.get(error, "code") === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") tooLong?.();
    };
    const options = {
      closeTimeout,
      noServer: true,
      clientTracking: false,
      maxPayload,
      // Without this, ws answers with the first name that the client offers, which can be a token.
      handleProtocols: (offered: ReadonlySet<string>) => chooseProtocol(offered, protocols),
    };
    this.#server = new WebSocketServer(options);
    this.#server.on("wsClientError", (error) => (this.#problem = error.message));
  }

  /** Returns the open socket; or what `ws` found wrong with the handshake; or `undefined` if the client has left. */
  accept(request: IncomingMessage, stream: Duplex, head: Buffer): WebSocket | string | undefined {
    this.#problem = undefined;
    this.#server.handleUpgrade(request, stream, head, this.#onOpen);
    const opened = this.#take();
    opened?.on("error", this.onError);
    return opened ?? this.#problem;
  }

  #take(): WebSocket | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    return opened;
  }
}
