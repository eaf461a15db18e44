import type { EventEmitter } from "node:events";
import { once } from "node:events";
import type { Server } from "node:net";
import type { Decision, PolicyOptions } from "@wsorigin/core";

/** Starts a server with the gate under test, as it is asked to. Called anew for nearly every row. */
export type AdapterStart = (setup: AdapterSetup) => Promise<AdapterServer>;

/** What the suite asks an adapter for. */
export interface AdapterSetup {
  /** For `createPolicy`. What that throws must come out of `start` unchanged. */
  readonly policy: PolicyOptions<unknown>;
  /** To be given to the gate as they are. */
  readonly options: AdapterOptions;
  /** To be given to the gate, each path with its handler. */
  readonly routes: readonly AdapterRoute[];
  /** To be called with the server before it is guarded: attaches a foreign `upgrade` listener, where the row has one. */
  readonly before: (server: EventEmitter) => void;
  /** The same, after it is guarded. */
  readonly after: (server: EventEmitter) => void;
}

/** Options of a gate, as far as the suite varies them. */
export interface AdapterOptions {
  readonly protocols?: readonly string[];
  readonly unrouted?: "filter" | "refuse" | "pass";
  readonly refuseWith?: "status" | "close";
  readonly deadline?: number;
  readonly grace?: number;
  readonly maxPayload?: number;
  readonly maxPending?: number;
  readonly maxConnections?: number;
  readonly maxConnectionsPerIp?: number;
  readonly maxFailures?: { readonly count: number; readonly seconds: number };
  readonly maxUnauthenticated?: number;
  readonly warnBefore?: number;
  readonly onExpiring?: (context: { readonly principal: unknown }) => unknown;
  readonly closeCodes?: "http" | "iana";
  readonly revocations?: {
    subscribe(listener: (revocation: { readonly subject: string }) => void): () => void;
  };
  readonly onDecision: (event: AdapterEvent) => void;
  readonly onError: (error: unknown) => void;
  readonly log: false | ((text: string) => void);
}

export interface AdapterRoute {
  readonly path: string;
  readonly handler: (socket: AdapterSocket, context: AdapterContext) => void | Promise<void>;
}

/** As much of a `ws` socket as the suite's handlers use. */
export interface AdapterSocket {
  send(data: string | Buffer, options: { readonly binary: boolean }): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
}

/** As much of a gate's context as the suite's handlers use. */
export interface AdapterContext {
  readonly params: unknown;
  readonly query: Iterable<readonly [name: string, value: string]>;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  readonly origin: string | undefined;
  readonly ip: string | undefined;
  readonly protocol: string;
  readonly principal: unknown;
  readonly decision: Decision<unknown>;
  readonly refresh: (token: string) => Promise<Decision<unknown>>;
}

/** What a gate tells of each upgrade. */
export interface AdapterEvent {
  readonly decision: Decision<unknown>;
  readonly route: string | undefined;
  readonly ip: string | undefined;
  readonly ms: number;
  readonly mode: "enforce" | "report";
}

/** A server that listens on the loopback interface, and its gate. Ordinary requests must be answered on every path, with whatever status. */
export interface AdapterServer {
  readonly port: number;
  /** Whether the server speaks TLS. */
  readonly tls?: boolean;
  /** How many connections the server has open, upgraded ones included. */
  openSockets(): number | Promise<number>;
  /** How many sockets are open on the gate's routes. */
  connections(): number;
  closeGate(options?: { readonly timeout?: number }): Promise<void>;
  /** Closes the server, waiting for its connections. */
  close(): Promise<void>;
}

/** As much of a gate as the suite uses. */
export interface AdapterGate {
  readonly connections: { readonly size: number };
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/** What `start` returns, made of a server and its gate: has the server listen on a free port. */
export async function adapterServer(server: Server, gate: AdapterGate): Promise<AdapterServer> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    tls: "setSecureContext" in server,
    openSockets: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    connections: () => gate.connections.size,
    closeGate: (options) => gate.close(options),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}
