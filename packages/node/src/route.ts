import type { Decision } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import type { RouteOptions } from "./options.ts";

/** A route as the gate keeps it. */
export interface Route<P, R> {
  readonly path: string;
  readonly options: RouteOptions<P>;
  readonly acceptor: Acceptor;
  /** Takes over the open socket. Never throws. */
  readonly open: (opened: Opened<P, R>) => void;
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
