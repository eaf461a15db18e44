import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import type { Transport } from "./transport.ts";

/**
 * A server whose upgrades can be guarded: what `createServer()` of `node:http`, `node:https` or `node:http2` returns, or `app.listen()`. One interface
 * instead of a union of them, so that the compiler names it in one line when it gets an app.
 */
export interface GuardableServer extends Server {
  /** All servers of HTTP have it, and those of `node:net` and `node:tls` do not. */
  setTimeout(milliseconds?: number, callback?: () => void): this;
}

/** What a gate does with the events of its server. */
export interface Receiver {
  /** Decides on an opening handshake. Never throws. */
  receive(transport: Transport): void;
  /** Answers an ordinary request that concerns the gate, and says whether it did. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** Whether the gate itself opens or refuses this handshake, so that it needs the connection without Node's parser. Never throws. */
  claims(request: IncomingMessage): boolean;
  /** Whether upgrades to other protocols go to the other `upgrade` listeners (`unrouted: "pass"`). */
  readonly passesUpgrades: boolean;
  /** Called when the server listens, or gets a connection in another way. */
  inUse(): void;
  error(error: unknown, where: string): void;
}
