import type { Decision } from "@wsorigin/core";
import type { Verification } from "@wsorigin/core/gate";
import { parseCookie } from "cookie";
import type { WebSocket } from "ws";
import type { Slot } from "../limits/limits.ts";
import type { RouteOptions } from "../options.ts";
import { queryOf } from "../transport/request.ts";
import { type Awaited, type ConnectionFacts, type ConnectionHost, GateConnection } from "./connection.ts";
import type { Context } from "./context.ts";

/** As much of a route as a connection needs. */
export interface ConnectionRoute<P> {
  readonly path: string;
  readonly options: RouteOptions<P>;
}

/** What a socket brings with it when it opens. */
export interface OpenedSocket<R> {
  readonly socket: WebSocket;
  readonly params: object;
  readonly request: R;
  /** Its place among the open connections; `undefined` if that is released elsewhere. */
  readonly slot?: Slot;
}

/** A connection on a route: its socket is that of `ws`, opened by the gate or by its framework. */
export class RouteConnection<P = unknown, R = unknown>
  extends GateConnection<P, R>
  implements Context<P, ReturnType<typeof Reflect.get>, R>
{
  readonly #route: ConnectionRoute<P>;
  #opened: OpenedSocket<R> | undefined;
  #awaited: Awaited<P> | undefined;
  #query: URLSearchParams | undefined;
  #cookies: Context["cookies"] | undefined;

  constructor(
    route: ConnectionRoute<P>,
    decision: Decision<P>,
    facts: ConnectionFacts<P, R>,
    host: ConnectionHost<P>,
    since: Verification | undefined,
  ) {
    super(decision, facts, host, since);
    this.#route = route;
  }

  get route(): string {
    return this.#route.path;
  }

  get options(): RouteOptions<P> {
    return this.#route.options;
  }

  get socket(): WebSocket {
    return this.#open.socket;
  }

  get params(): ReturnType<typeof Reflect.get> {
    return this.#open.params;
  }

  override get request(): R {
    return this.#opened?.request ?? super.request;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(queryOf(this.facts.transport.request.url)));
  }

  get cookies(): Context["cookies"] {
    return (this.#cookies ??= parseCookie(this.facts.transport.request.headers.cookie ?? ""));
  }

  /** The first message that is still to come; `undefined` if none was. */
  get awaited(): Awaited<P> | undefined {
    return this.#awaited;
  }

  /** The socket opens without a token, which its first message brings. */
  awaitToken(awaited: Awaited<P>): void {
    this.#awaited = awaited;
  }

  open(opened: OpenedSocket<R>): void {
    this.#opened = opened;
    this.begin();
  }

  shut(code: number, reason: string): void {
    const { socket } = this.#open;
    // A peer may take its time to answer the close frame, and goes on sending until then.
    socket.removeAllListeners("message");
    socket.close(code, reason);
  }

  warn(onExpiring: RouteOptions<P>["onExpiring"] & {}): unknown {
    return onExpiring(this);
  }

  terminate(): void {
    this.#open.socket.terminate();
  }

  onClose(listener: () => void): void {
    this.#open.socket.once("close", listener);
  }

  override dispose(): void {
    this.#awaited?.since.end();
    super.dispose();
  }

  get #open(): OpenedSocket<R> {
    if (this.#opened === undefined) throw new TypeError("The socket of this connection is not open yet.");
    return this.#opened;
  }
}
