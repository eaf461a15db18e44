import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Decision, Deny, FirstMessage, Handshake, Policy } from "@wsorigin/core";
import { parseCookie } from "cookie";
import type { WebSocket } from "ws";
import { type Attempt, countAttempt } from "../handshake/failures.ts";
import type { Addressed, Slot } from "../handshake/limits.ts";
import type { RouteOptions } from "../options.ts";
import { queryOf } from "../transport/request.ts";
import type { Context } from "./context.ts";
import { judgeLateToken } from "./late-token.ts";
import type { Revocations, Verification } from "./revocations.ts";

/** What is known about a connection when its handshake is allowed. */
export interface ConnectionFacts<P, R> {
  readonly policy: Policy<P>;
  /** With its token, for `refresh`. */
  readonly handshake: Handshake;
  readonly mode: "enforce" | "report";
  readonly request: R;
  /** Read from the connection on first use. */
  readonly ip: string;
  readonly transport: {
    /** The request that arrived, after a token was removed. */
    readonly request: IncomingMessage;
    /** What the socket reads from. */
    readonly stream: Duplex;
  };
}

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

/** A token that is still to come, in the first message of an open socket. */
export interface Awaited<P> {
  readonly message: FirstMessage;
  /** Since when revocations count: the begin of the handshake. */
  readonly since: Verification;
  readonly attempt: Attempt;
  /** Reports the decision. */
  readonly tell: (decision: Decision<P>) => void;
}

/** What a connection needs from its gate. */
export interface ConnectionHost<P> {
  /** `undefined` if the gate has no revocation source. */
  readonly revocations: Revocations | undefined;
  /** Takes a point for a token that is about to be verified. */
  attempt(from: Addressed, origin: string | undefined): Promise<Attempt | Deny>;
  /** Verifies a token within the deadline. */
  verifying<T>(verify: (since: Verification, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Schedules the expiry of a connection. Returns a function that cancels it. */
  schedule(connection: Expiring<P>, expiresAt: number): () => void;
  /** Closes a socket whose grant has ended. */
  end(connection: Pick<Expiring<P>, "socket">, reason: string): void;
}

/** A connection whose grant can expire. */
export interface Expiring<P> extends Context<P, unknown, unknown> {
  readonly options: RouteOptions<P>;
}

/** The one record of a connection: from its allowed handshake, through its open socket, until it closes. Its public part is `Context`. */
export class Connection<P = unknown, R = unknown> implements Context<P, ReturnType<typeof Reflect.get>, R> {
  readonly #route: ConnectionRoute<P>;
  readonly #facts: ConnectionFacts<P, R>;
  readonly #host: ConnectionHost<P>;
  #decision: Decision<P>;
  #opened: OpenedSocket<R> | undefined;
  #revoked = false;
  #disposed = false;
  #awaited: Awaited<P> | undefined;
  #query: URLSearchParams | undefined;
  #cookies: Context["cookies"] | undefined;
  #refresh: Context<P>["refresh"] | undefined;
  /** Cancel what waits for this connection: its expiry, its place in the index of revocations. */
  #cancelExpiry: (() => void) | undefined;
  #removeIndex: (() => void) | undefined;

  /** @param since when the verification of its token began; `undefined` if that took no time */
  constructor(
    route: ConnectionRoute<P>,
    decision: Decision<P>,
    facts: ConnectionFacts<P, R>,
    host: ConnectionHost<P>,
    since: Verification | undefined,
  ) {
    this.#route = route;
    this.#decision = decision;
    this.#facts = facts;
    this.#host = host;
    this.#index(since);
  }

  /** Not a field of its own: a log that prints the connection must not show a token. */
  get facts(): ConnectionFacts<P, R> {
    return this.#facts;
  }

  get options(): RouteOptions<P> {
    return this.#route.options;
  }

  get socket(): WebSocket {
    return this.#open.socket;
  }

  get route(): string {
    return this.#route.path;
  }

  get params(): ReturnType<typeof Reflect.get> {
    return this.#open.params;
  }

  get request(): R {
    return this.#opened?.request ?? this.#facts.request;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get ip(): string {
    return this.#facts.ip;
  }

  get origin(): string | undefined {
    return this.#decision.origin;
  }

  /** A refusal that is only reported has no principal: then it is undefined, whatever P says. */
  get principal(): P {
    return Reflect.get<object, string>(this.#decision, "principal");
  }

  get decision(): Decision<P> {
    return this.#decision;
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(queryOf(this.#facts.transport.request.url)));
  }

  get cookies(): Context["cookies"] {
    return (this.#cookies ??= parseCookie(this.#facts.transport.request.headers.cookie ?? ""));
  }

  /** A function of its own, so that a handler can take it out of its context. */
  get refresh(): Context<P>["refresh"] {
    return (this.#refresh ??= (token) => this.#renew(token));
  }

  /** Whether the grant was revoked before the socket opened. */
  get revoked(): boolean {
    return this.#revoked;
  }

  /** When the grant expires, in milliseconds since the epoch; `undefined` if it does not. */
  get expiresAt(): number | undefined {
    return this.#decision.allowed && this.#facts.mode === "enforce" ? this.#decision.expiresAt : undefined;
  }

  /** The first message that is still to come; `undefined` if none is, or it was accepted. */
  get awaited(): Awaited<P> | undefined {
    return this.#awaited;
  }

  /** The socket opens without a token, which its first message brings. */
  awaitToken(awaited: Awaited<P>): void {
    this.#awaited = awaited;
  }

  /** The socket is open. Its expiry is scheduled from now on. */
  open(opened: OpenedSocket<R>): void {
    this.#opened = opened;
    this.#schedule();
  }

  /** Takes over another decision: that of the first message, or of a renewed token. */
  settle(decision: Decision<P>, since: Verification): void {
    if (this.#disposed) return;
    this.#decision = decision;
    this.#index(since);
    if (this.#opened !== undefined) this.#schedule();
  }

  /** The grant was revoked. */
  revoke(): void {
    this.#revoked = true;
    if (this.#opened !== undefined) this.#host.end(this, "Token revoked");
  }

  /** The socket has closed, or will not open. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#awaited?.since.end();
    this.#cancelExpiry?.();
    this.#removeIndex?.();
  }

  get #open(): OpenedSocket<R> {
    if (this.#opened === undefined) throw new TypeError("The socket of this connection is not open yet.");
    return this.#opened;
  }

  #index(since: Verification | undefined): void {
    this.#removeIndex?.();
    const { revocations } = this.#host;
    if (revocations === undefined || this.#facts.mode === "report") return;
    this.#removeIndex = revocations.index(this);
    if (since !== undefined && since.hit(this.#decision)) this.revoke();
  }

  #schedule(): void {
    this.#cancelExpiry?.();
    const { expiresAt } = this;
    this.#cancelExpiry = expiresAt === undefined ? undefined : this.#host.schedule(this, expiresAt);
  }

  async #renew(token: string): Promise<Decision<P>> {
    const attempt = await this.#host.attempt(this.#facts, this.origin);
    if ("code" in attempt) return attempt;
    const { policy, handshake } = this.#facts;
    return this.#host.verifying(async (since, signal) => {
      const decision = await judgeLateToken({ token, policy, handshake, current: this.#decision, since, signal });
      countAttempt(attempt, decision);
      if (decision.allowed) this.settle(decision, since);
      return decision;
    });
  }
}
