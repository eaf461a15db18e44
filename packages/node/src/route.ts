import type { Decision, FirstMessage } from "@wsorigin/core";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import type { Answered } from "./hand-on.ts";
import type { Identity } from "./identity.ts";
import type { RouteOptions } from "./options.ts";

/** A route as the gate keeps it. */
export interface Route<P, R> {
  readonly path: string;
  readonly options: RouteOptions<P>;
  readonly acceptor: Acceptor;
  /** Takes over the open socket (never throws); or takes over the allowed handshake, where a framework opens its sockets itself. */
  readonly serve:
    | { readonly kind: "open"; readonly open: (opened: Opened<P, R>) => void }
    | { readonly kind: "take"; readonly take: (taken: Taken<P, R>) => void };
}

/** An allowed handshake that a framework takes over: answers it, or leaves it, and then the gate does. */
export interface Taken<P = unknown, R = IncomingMessage> {
  readonly route: Route<P, R>;
  /** An HTTP/1.1 upgrade, also where it came as an extended CONNECT. */
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly identity: Identity<P>;
  readonly arrival: Arrival<P>;
  /** Says that the framework has answered: it opened the socket, or refused by itself, which is then what is told of. */
  readonly answered: Answered;
}

/** What is left to do for a handshake once its socket is open. */
export interface Arrival<P> {
  /** When it began, on `performance.now()`'s clock. */
  readonly since: number;
  /** How the token is still to come; `undefined` where nothing is awaited. */
  readonly awaits: FirstMessage | undefined;
  /** What the socket reads from. */
  readonly duplex: Duplex;
  /** Decides on the token that came. */
  readonly decide: (token: string, signal: AbortSignal) => Promise<Decision<P>>;
  /** Tells of the decision that was awaited. */
  readonly tell: (decision: Decision<P>) => void;
}

/** What is known when a socket opens. */
export interface Opened<P, R> {
  readonly socket: WebSocket;
  readonly params: Readonly<Record<string, string | string[] | undefined>>;
  readonly search: string;
  readonly cookie: string | undefined;
  readonly request: R;
  readonly identity: Identity<P>;
  readonly arrival: Arrival<P>;
}
