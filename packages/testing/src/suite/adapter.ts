import type { EventEmitter } from "node:events";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import type { Decision, Policy, PolicyOptions } from "@wsorigin/core";

/** Starts a server with the gate under test, as the setup says. Called for nearly every row. */
export type AdapterStart = (setup: AdapterSetup) => Promise<AdapterServer>;

/** What the suite passes to an adapter's `start`. */
export interface AdapterSetup {
  /** For `createPolicy`. `start` must reject with the error that this throws. */
  readonly policy: PolicyOptions<unknown>;
  /** For the gate, as they are. */
  readonly options: AdapterOptions;
  /** For the gate, each path with its handler. */
  readonly routes: readonly AdapterRoute[];
  /** Call it with the server before the server is guarded: adds another `upgrade` listener, in some rows. */
  readonly before: (server: EventEmitter) => void;
  /** The same, after the server is guarded. */
  readonly after: (server: EventEmitter) => void;
  /**
   * Middleware of the app. Call it with each request that the app receives, before the app's own routes and other middleware. Where it returns
   * `true`, it responds to the request, and the app must do nothing more with it.
   */
  readonly answer?: AppAnswer;
}

/** Responds to a request and returns `true`, or leaves the request to the app and returns `false`. */
export type AppAnswer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The options of a gate that the suite sets. */
export interface AdapterOptions {
  readonly report?: Policy<unknown>;
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

/** The part of a `ws` socket that the suite's handlers use. */
export interface AdapterSocket {
  send(data: string | Buffer, options: { readonly binary: boolean }): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
}

/** The part of a gate's context that the suite's handlers use. */
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

/** The event of one handshake. */
export interface AdapterEvent {
  readonly decision: Decision<unknown>;
  readonly route: string | undefined;
  readonly ip: string | undefined;
  readonly ms: number;
  readonly mode: "enforce" | "report";
  /** The decision of the second policy (`report`). */
  readonly reported?: Decision<unknown>;
}

/** A server that listens on the loopback interface, and its gate. It must answer ordinary requests on every path, with any status. */
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

/** The part of a gate that the suite uses. */
export interface AdapterGate {
  readonly connections: { readonly size: number };
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/** Makes the value that `start` returns: listens on a free port unless the server is listening. */
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
