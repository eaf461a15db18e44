import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** For `ws`: how long a peer may take to answer a close frame, in milliseconds, before its socket is destroyed. */
export const patience = { closeTimeout: 5000 } as const;

export interface AcceptorOptions {
  readonly protocols: readonly string[];
  readonly maxPayload: number;
}

/** Opens sockets with `ws`, once the gate has said yes. */
export class Acceptor {
  readonly #server: WebSocketServer;
  #problem: string | undefined;

  constructor({ protocols, maxPayload }: AcceptorOptions) {
    this.#server = new WebSocketServer({
      ...patience,
      noServer: true,
      clientTracking: false,
      maxPayload,
      // Without this, ws answers with the first name that the client offers: a token, where the client sends one that way.
      handleProtocols: (offered) => chooseProtocol(offered, protocols),
    });
    this.#server.on("wsClientError", (error) => (this.#problem = error.message));
  }

  /** The open socket; or what `ws` found wrong with the handshake; or nothing, where the client has left. */
  accept(request: IncomingMessage, duplex: Duplex, head: Buffer): WebSocket | string | undefined {
    let opened: WebSocket | undefined;
    this.#problem = undefined;
    this.#server.handleUpgrade(request, duplex, head, (socket) => (opened = socket));
    // An `error` without a listener ends the process; ws has closed the socket by then, with the right code.
    opened?.on("error", () => {});
    return opened ?? this.#problem;
  }
}

/** The first of our subprotocols that the client offers too; `false` where there is none. */
export function chooseProtocol(offered: ReadonlySet<string>, protocols: readonly string[] = []): string | false {
  return protocols.find((name) => offered.has(name)) ?? false;
}
