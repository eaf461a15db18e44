import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Policy } from "@wsorigin/core";
import type { RevocationSource } from "../../node/src/index.ts";

/** Starts an adapter's guarded server, with no route, for the sockets of other libraries. */
export type StartGuarded<P> = (setup: GuardedSetup<P>) => Promise<Guarded<P>>;

interface GuardedSetup<P> {
  readonly policy: Policy<P>;
  readonly revocations: RevocationSource;
  /** Middleware of the app, if the adapter has `before`. It answers with the status that it returns. */
  readonly before?: (request: IncomingMessage) => number | undefined;
  /** Attaches a library to the server, before it listens. */
  readonly attach: (server: Server, gate: GuardedGate<P>) => void;
}

/** The part of every adapter's gate that is not about routes. */
export interface GuardedGate<P> {
  readonly connections: ReadonlySet<GuardedConnection<P>>;
  readonly allowRequest: (
    request: IncomingMessage,
    callback: (error: string | null | undefined, success: boolean) => void,
  ) => void;
  disconnect(predicate: (connection: GuardedConnection<P>) => boolean, code?: number, reason?: string): number;
  close(options?: { readonly timeout?: number }): Promise<void>;
}

interface GuardedConnection<P> {
  readonly origin: string | undefined;
  readonly principal: P;
  readonly route: string | undefined;
  readonly ip: string;
  readonly expiresAt?: number | undefined;
}

export interface Guarded<P> {
  readonly port: number;
  readonly gate: GuardedGate<P>;
  /** Ends the gate, and then the server. */
  close(): Promise<void>;
}

/** Listens on a free port, and makes what `StartGuarded` returns. */
export async function guarded<P>(
  server: Server,
  gate: GuardedGate<P>,
  close: () => unknown = () => new Promise((resolve) => server.close(resolve)),
): Promise<Guarded<P>> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen on a port.");
  return {
    port: address.port,
    gate,
    async close() {
      await gate.close({ timeout: 500 });
      server.closeAllConnections();
      await close();
    },
  };
}
