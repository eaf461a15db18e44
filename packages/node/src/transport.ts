import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Deny, DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";

/** The listeners beside the gate. */
export interface Takers {
  /** Whether there is another listener that could answer. */
  hasTakers(): boolean;
  /** Gives the handshake to the listeners that are there. */
  handOn(): void;
}

/** One opening handshake, over HTTP/1.1 or HTTP/2: what the gate does with either. */
export interface Transport extends Takers {
  readonly request: IncomingMessage;
  /** The request target, as path and query; `undefined` where it has none that could be meant. */
  readonly target: string | undefined;
  /** What is watched while the decision is pending. */
  readonly duplex: Duplex;
  /** What is wrong with the request's form. */
  problem(): Deny | undefined;
  /** Answers with a status, and owns the connection until it is gone. */
  refuse(status: DenyStatus): void;
  /** Opens the socket: see `Acceptor.accept`. */
  accept(acceptor: Acceptor): WebSocket | string | undefined;
  /** Gives the handshake to a framework, as an HTTP/1.1 upgrade. */
  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
  /** The code for an allowed handshake that nobody takes. */
  readonly unserved: "route-not-found" | "protocol-unsupported";
  /** Whether somebody has begun to answer. */
  answered(): boolean;
}
