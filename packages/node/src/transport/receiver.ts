import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Transport } from "./transport.ts";

/** A server whose upgrades can be guarded: of `http`, `https` or `http2`. */
export type GuardableServer = Server | HttpsServer | Http2SecureServer | Http2Server;

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
