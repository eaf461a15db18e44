import type { Decision } from "@wsorigin/core";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import type { Answered } from "./hand-on.ts";
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
  readonly ip: string;
  readonly origin: string | undefined;
  readonly principal: P;
  readonly decision: Decision<P>;
  /** Says that the framework has answered: it opened the socket, or refused by itself, which is then what is told of. */
  readonly answered: Answered;
}

/** Who is there. A refusal that is only reported has nobody: then it is undefined, whatever P says. */
export function principalOf<P>(decision: Decision<P>): P {
  return Reflect.get<object, string>(decision, "principal");
}

/** What is known when a socket opens. */
export interface Opened<P, R> {
  readonly socket: WebSocket;
  readonly params: Readonly<Record<string, string | string[] | undefined>>;
  readonly search: string;
  readonly cookie: string | undefined;
  readonly request: R;
  readonly ip: string;
  readonly decision: Decision<P>;
}
