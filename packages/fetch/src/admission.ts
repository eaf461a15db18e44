import { type Decision, deny, type DenyCode, type FirstMessage, type Handshake } from "@wsorigin/core";
import type { Verification } from "@wsorigin/core/gate";
import { type Connection, type ConnectionHandlers, SocketConnection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Socket } from "./socket.ts";

/** What to do if the token is still to come. */
export const awaitedText: string =
  "The token comes in the first message. Write result.attach(socket, { onOpen, onMessage }).";

/** What is known about a handshake that was let in. */
export interface AdmissionFacts<P> {
  readonly handshake: Handshake;
  readonly decision: Decision<P>;
  readonly ip: string;
  readonly mode: "enforce" | "report";
  readonly since: Verification;
  /** How the token is still to come. */
  readonly message: FirstMessage | undefined;
  /** Reports the decision on the first message. */
  readonly tell: (decision: Decision<P>) => void;
}

/**
 * A handshake that was let in, until its socket is attached. Its place among those that owe a first message, and its memory of revocations, are given back when the
 * socket is attached and authenticated, and after the deadline at the latest: a client may be gone before its socket opens.
 */
export class Admission<P> {
  readonly #facts: AdmissionFacts<P>;
  readonly #held: Connections<P>;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last word on it; `undefined` while it waits. */
  #outcome: Decision<P> | undefined;
  #connection: SocketConnection<P> | undefined;
  #isAttached = false;

  constructor(facts: AdmissionFacts<P>, held: Connections<P>) {
    this.#facts = facts;
    this.#held = held;
    const { message } = facts;
    if (message !== undefined) held.unauthenticated.add(this);
    if (message === undefined && held.revocations === undefined) return;
    this.#timer = setTimeout(() => this.interrupt("timed-out"), message?.deadline ?? held.options.deadline);
  }

  /** Whether the token is still to come. */
  get isAwaiting(): boolean {
    return this.#facts.message !== undefined && this.#outcome?.allowed !== true;
  }

  /** Ends the wait with a refusal. */
  interrupt(code: DenyCode): void {
    this.#settle(deny(code, this.#facts.decision.origin));
  }

  /** See `Allowed.attach`. */
  attach(socket: Socket, handlers: ConnectionHandlers<P>): Connection<P> {
    const { message, decision, since } = this.#facts;
    if (this.#isAttached) throw new TypeError("attach() was called before.");
    this.#isAttached = true;
    const refusal =
      (this.#outcome?.allowed === false ? this.#outcome : undefined) ??
      this.#held.refusal(decision.origin) ??
      (message === undefined && since.hit(decision) ? deny("token-revoked", decision.origin) : undefined);
    if (message !== undefined && handlers.onMessage === undefined) {
      this.interrupt("verifier-failed");
      socket.close(1011, "");
      throw new TypeError(awaitedText);
    }
    const awaited = message && { message, settled: (settled: Decision<P>) => this.#settle(settled) };
    const connection = new SocketConnection(socket, handlers, { ...this.#facts, awaited }, this.#held);
    if (refusal !== undefined) {
      connection.refuse(refusal);
      this.#settle(refusal);
    } else if (message === undefined) {
      connection.open(decision);
      this.#settle(decision);
    } else this.#connection = connection;
    return connection;
  }

  #settle(decision: Decision<P>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = decision;
    clearTimeout(this.#timer);
    this.#held.unauthenticated.delete(this);
    if (this.#facts.message !== undefined) this.#facts.tell(decision);
    if (decision.allowed) this.#connection?.open(decision);
    else this.#connection?.refuse(decision);
    this.#facts.since.end();
  }
}
