import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Deny } from "@wsorigin/core";
import type { RouteConnection } from "../connection/route-connection.ts";
import type { Facts, RouteOptions } from "../options.ts";
import type { Acceptor } from "../transport/acceptor.ts";

/** A route as the gate keeps it. */
export interface Route<P, R> {
  readonly path: string;
  readonly options: RouteOptions<P>;
  readonly acceptor: Acceptor;
  /** Runs the handler on the open socket; or takes over the allowed handshake, if a framework opens its sockets itself. Never throws. */
  readonly serve:
    | { readonly kind: "handler"; readonly run: (connection: RouteConnection<P, R>) => unknown }
    | { readonly kind: "framework"; readonly take: (upgrade: FrameworkUpgrade<P, R>) => void };
}

/** An allowed handshake that a framework takes over. It answers, or the gate does after `grace`. */
export interface FrameworkUpgrade<P = unknown, R = IncomingMessage> {
  readonly route: Route<P, R>;
  /** An HTTP/1.1 upgrade, also if the handshake arrived as an extended CONNECT. */
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** The record of the connection: who is at the other end. Give it to `AdapterGate.adopt` with the socket. */
  readonly connection: RouteConnection<P, R>;
  /** Says that the framework has answered: it opened the socket, or refused by itself, which is then reported. */
  readonly answered: (refusal?: Deny) => void;
}

/** How a framework takes part: the interface that adapters implement. */
export interface Adapter<P, R> {
  /** Returns the framework's own request. Called once for each handshake, after a token was removed from it. */
  adapt(request: IncomingMessage): R;
  /** Returns what the framework's trust settings say about Host and TLS. Called once for each handshake. Default: the Host header and the connection. */
  facts?(request: R): Pick<Facts, "host" | "secure">;
  /** Returns the client's address, as the framework's trust settings see it. Called at most once for each handshake, if something needs it. */
  ip(request: R): string | undefined;
  /** Returns what a route's handler gets beside the socket. Default: the `Context`, which is passed here. */
  context?(context: RouteConnection<P, R>): unknown;
  /**
   * Runs the app's own middleware after the policy has allowed a handshake, on a route or for another listener. A `Deny` (see `middlewareRefusal`) or a throw
   * refuses.
   */
  before?(request: R, signal: () => AbortSignal): Deny | undefined | Promise<Deny | undefined>;
  /** Returns the route of the framework's own router for a request, as made by `AdapterGate.frameworkRoute`. Called if the gate has no route. */
  find?(request: IncomingMessage): Route<P, R> | undefined;
}
