import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import type { Wire } from "./followed-stream.ts";

/** The listeners beside the gate that an allowed handshake can be delegated to. */
export interface Delegates {
  /** Whether there is a listener that could answer. */
  exist(): boolean;
  /** Delivers the handshake to them, as Node would without a gate. */
  deliver(): void;
}

/** One opening handshake in the form in which it reached the server, and what the gate can do with it. */
export interface Transport {
  readonly request: IncomingMessage;
  /** The `:protocol` of an extended CONNECT; `undefined` over HTTP/1.1. */
  readonly protocol: string | undefined;
  /** Closes when the client is gone. */
  readonly stream: Duplex;
  /** Whether the request can become a socket here. A request whose Connection field was lost cannot. */
  readonly upgradable: boolean;
  /** A promise while responses to earlier, pipelined requests are still being written on this connection. */
  ready(): Promise<void> | undefined;
  /** Responds with a status, and destroys the connection or stream afterwards. */
  refuse(status: DenyStatus): void;
  /** Opens the socket: see `Acceptor.accept`. */
  accept(acceptor: Acceptor): WebSocket | string | undefined;
  /** Gives the handshake to a framework, as an HTTP/1.1 upgrade. */
  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
  readonly delegates: Pick<Delegates, "exist">;
  /** Delivers the handshake to its delegates. */
  deliver(): void;
  /** What an allowed handshake is refused with if nothing takes it. */
  readonly unserved: "protocol-unsupported" | "route-not-found";
  /** Removes text from the request, in every form in which others can read it. */
  rewrite(changes: Rewrite): void;
  /**
   * Follows what another listener writes, so that the gate can close its socket.
   *
   * @param answered called once, with whether the listener has opened a WebSocket
   */
  follow(answered: (opened: boolean) => void): Wire;
  /** Whether another listener has begun to respond, or the connection is gone. */
  answered(): boolean;
  /** Another listener has responded, and `follow` has seen nothing of it. Such a socket can be ended, but not closed with a frame. */
  missed(): void;
  /** Calls the listener once, when the connection is closed, or its ordinary response is complete. */
  onClose(listener: () => void): void;
  destroy(): void;
}

/** What other listeners get to see of a request that carried a token. */
export interface Rewrite {
  readonly url: string;
  /** The subprotocols without tokens; `undefined` if the field is left as it is, `""` if nothing remains of it. */
  readonly protocols: string | undefined;
}
