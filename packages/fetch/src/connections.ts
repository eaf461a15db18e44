import { type Decision, type Deny, deny } from "@wsorigin/core";
import {
  checkClosing,
  closeCodeOf,
  reasonOf,
  Revocations,
  Schedule,
  unrevoked,
  type Verification,
} from "@wsorigin/core/gate";
import type { Connection, SocketConnection } from "./connection.ts";
import type { CheckedOptions } from "./options.ts";
import type { Reporter } from "./report.ts";

/** What a guard holds: open sockets, handshakes that owe their first message, and what ends them. */
export class Connections<P> {
  readonly open: Set<SocketConnection<P>> = new Set();
  /** Allowed handshakes whose token is still to come. */
  readonly unauthenticated: Set<{ interrupt(why: "draining"): void }> = new Set();
  readonly schedule: Schedule;
  readonly revocations: Revocations | undefined;
  readonly options: CheckedOptions<P>;
  readonly reporter: Reporter;

  constructor(options: CheckedOptions<P>, reporter: Reporter) {
    this.options = options;
    this.reporter = reporter;
    this.schedule = new Schedule(
      (error) => reporter.error(error, "a timer"),
      () => Date.now(),
    );
    this.revocations = options.revocations === undefined ? undefined : new Revocations();
  }

  /** Whether one more socket is too many. */
  refusal(origin: string | undefined): Deny | undefined {
    const { size } = this.open;
    return size >= this.options.maxConnections
      ? deny("too-many-connections", origin, { note: `${size} sockets are open.` })
      : undefined;
  }

  /** Whether one more handshake may owe its first message. */
  unauthenticatedRefusal(origin: string | undefined): Deny | undefined {
    const { size } = this.unauthenticated;
    return size >= this.options.maxUnauthenticated
      ? deny("too-many-pending", origin, { note: `${size} handshakes owe their first message.` })
      : undefined;
  }

  /** Begins a verification, for which revocations are remembered. */
  begin(): Verification {
    return this.revocations?.begin() ?? unrevoked;
  }

  /** The close code and reason of a refusal. */
  closingOf({ code, status }: Deny): readonly [code: number, reason: string] {
    return code === "draining" ? [1001, ""] : [closeCodeOf(status, this.options.closeCodes), reasonOf(status)];
  }

  /** Runs something at a decision's expiry. Returns a function that cancels it. */
  atExpiry(decision: Decision<P>, run: () => void): (() => void) | undefined {
    if (!decision.allowed || decision.expiresAt === undefined) return undefined;
    return this.schedule.at(decision.expiresAt, run);
  }

  disconnect(predicate: (connection: Connection<P>) => boolean, code: number, reason: string): number {
    checkClosing(code, reason);
    const chosen = [...this.open].filter(predicate);
    for (const connection of chosen) connection.shut(code, reason);
    return chosen.length;
  }

  close(): void {
    for (const waiting of this.unauthenticated) waiting.interrupt("draining");
    for (const connection of this.open) connection.shut(1001, "");
  }
}
