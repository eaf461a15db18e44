import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Decision, Deny, FirstMessage, Handshake, Policy } from "@wsorigin/core";
import { checkClosing, type Revocations, type Verification } from "@wsorigin/core/gate";
import { type Attempt, countAttempt } from "../limits/failures.ts";
import type { Addressed } from "../limits/limits.ts";
import type { RouteOptions } from "../options.ts";
import type { Wire } from "../transport/followed-stream.ts";
import type { Connection } from "./context.ts";
import { judgeToken } from "./late-token.ts";

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
  /** The session of Engine.IO that is upgraded, if there is one. */
  readonly session?: Upgradable<P, R> | undefined;
}

/** A session that began with a polling request, and moves to a WebSocket. */
export interface Upgradable<P, R> {
  readonly policy: Policy<P>;
  /** Called when the WebSocket is open. */
  upgraded(connection: GateConnection<P, R>, wire: Wire): void;
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
  end(connection: Pick<Expiring<P>, "shut">, reason: string): void;
}

/** A connection whose grant can expire. */
export interface Expiring<P> extends Pick<Connection<P>, "route"> {
  readonly options: RouteOptions<P>;
  shut(code: number, reason: string): void;
  /** Tells the owner of the socket that its grant is about to expire, if it can be told. */
  warn(onExpiring: RouteOptions<P>["onExpiring"] & {}): unknown;
}

/**
 * The one record of a connection: from its allowed handshake, through its open socket, until it closes. Its public part is `Connection`, or `Context` on a route.
 */
export abstract class GateConnection<P = unknown, R = unknown> implements Connection<P, R> {
  readonly #facts: ConnectionFacts<P, R>;
  readonly #host: ConnectionHost<P>;
  #decision: Decision<P>;
  #opened = false;
  #openedAt = 0;
  #revoked = false;
  #disposed = false;
  #refresh: Connection<P>["refresh"] | undefined;
  /** Cancel what waits for this connection: its expiry, its place in the index of revocations. */
  #cancelExpiry: (() => void) | undefined;
  #removeIndex: (() => void) | undefined;

  /** @param since when the verification of its token began; `undefined` if that took no time */
  constructor(
    decision: Decision<P>,
    facts: ConnectionFacts<P, R>,
    host: ConnectionHost<P>,
    since: Verification | undefined,
  ) {
    this.#decision = decision;
    this.#facts = facts;
    this.#host = host;
    this.#index(since);
  }

  abstract get route(): string | undefined;

  abstract get options(): RouteOptions<P>;

  /** Closes the socket; its owner gets no message from now on. */
  abstract shut(code: number, reason: string): void;

  abstract terminate(): void;

  abstract warn(onExpiring: RouteOptions<P>["onExpiring"] & {}): unknown;

  abstract onClose(listener: () => void): void;

  /** Not a field of its own: a log that prints the connection must not show a token. */
  get facts(): ConnectionFacts<P, R> {
    return this.#facts;
  }

  get request(): R {
    return this.#facts.request;
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

  get openedAt(): number {
    return this.#openedAt;
  }

  get expiresAt(): number | undefined {
    return this.#decision.allowed && this.#facts.mode === "enforce" ? this.#decision.expiresAt : undefined;
  }

  /** A function of its own, so that a handler can take it out of its context. */
  get refresh(): Connection<P>["refresh"] {
    return (this.#refresh ??= (token) => this.#renew(token));
  }

  close(code = 1000, reason = ""): void {
    checkClosing(code, reason);
    this.shut(code, reason);
  }

  /** Whether the grant was revoked before the socket opened. */
  get revoked(): boolean {
    return this.#revoked;
  }

  /** The socket is open. Its expiry is scheduled from now on. */
  protected begin(): void {
    this.#opened = true;
    this.#openedAt = Date.now();
    this.#schedule();
  }

  /** Takes over another decision: that of the first message, or of a renewed token. */
  settle(decision: Decision<P>, since: Verification): void {
    if (this.#disposed) return;
    this.#decision = decision;
    this.#index(since);
    if (this.#opened) this.#schedule();
  }

  /** The grant was revoked. */
  revoke(): void {
    this.#revoked = true;
    if (this.#opened) this.#host.end(this, "Token revoked");
  }

  /** The socket has closed, or will not open. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cancelExpiry?.();
    this.#removeIndex?.();
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
      const decision = await judgeToken({ token, policy, handshake, current: this.#decision, since, signal });
      countAttempt(attempt, decision);
      if (decision.allowed) this.settle(decision, since);
      return decision;
    });
  }
}
