import type { IncomingMessage } from "node:http";
import { awaitedMessage, type Decision, type Deny, type FirstMessage, type Policy } from "@wsorigin/core";
import { evaluate, isDecision, isThenable, notExpired, sourcesOf } from "@wsorigin/core/gate";
import type { Transport } from "../transport/transport.ts";
import { connectionNamesUpgrade } from "../transport/upgrade-field.ts";
import { decideWithin } from "./decide.ts";
import { type Attempt, countAttempt } from "../limits/failures.ts";
import { admit, respond, type Settling } from "./outcome.ts";
import { type Interruptible, type Interruption, Pending } from "./pending.ts";
import { type GateServices, HandshakeRecord } from "./record.ts";
import { stripTokens } from "./strip-tokens.ts";

/**
 * One opening handshake, from its arrival to its one decision. The first outcome wins: accept, refuse, timeout, disconnect or shutdown; later ones are
 * ignored. The steps follow the order of the contract: limits, route, form, Host, Origin, token, middleware. Each either refuses or calls the next one, at
 * once if nothing has to be waited for: then there is no promise, no timer and no listener.
 */
export class OpeningHandshake<P, R> implements Interruptible, Settling {
  readonly #record: HandshakeRecord<P, R>;
  readonly #gate: GateServices<P, R>;
  readonly #transport: Transport;
  #over = false;
  #pending: Pending | undefined;
  #controller: AbortController | undefined;

  constructor(transport: Transport, gate: GateServices<P, R>) {
    this.#transport = transport;
    this.#gate = gate;
    this.#record = new HandshakeRecord(transport, gate);
  }

  /** Decides. Never throws. */
  run(): void {
    try {
      stripTokens(this.#transport, sourcesOf(this.#record.policy));
      this.#record.adapt();
      const ready = this.#transport.ready();
      if (ready === undefined) this.#checkLimits();
      else this.#wait(ready, () => this.#checkLimits());
    } catch (error) {
      this.#failed(error);
    }
  }

  interrupt(why: Interruption): void {
    if (!this.#over) this.#refuse(this.#record.deny(why));
  }

  #checkLimits(): void {
    const { limits, pending, failures, isClosing } = this.#gate;
    const { origin } = this.#record;
    const full = isClosing() ? this.#record.deny("draining") : limits.refusal(pending.size, this.#record, origin);
    if (full !== undefined) return this.#refuse(full);
    if (failures === undefined) return this.#checkForm();
    this.#wait(
      failures.take(this.#record.ip, origin),
      (taken) => this.#attempted(taken),
      (taken) => {
        if (!("code" in taken)) taken.passed();
      },
    );
  }

  #attempted(taken: Attempt | Deny): void {
    if ("code" in taken) return this.#refuse(taken);
    this.#record.attempt = taken;
    this.#checkForm();
  }

  #checkForm(): void {
    const { found, problem, policy } = this.#record;
    const { unrouted } = this.#gate.options;
    if (found === undefined && unrouted === "refuse") return this.#refuse(this.#record.denyRoute());
    if (found !== undefined && !this.#transport.upgradable && isKeyed(this.#transport.request))
      return this.#refuse(this.#stripped());
    const passes = found === undefined && unrouted === "pass";
    if (problem !== undefined && !passes) return this.#refuse(problem);
    this.#record.mode = passes ? "report" : policy.mode;
    this.#askPolicy();
  }

  #askPolicy(): void {
    const { policy, handshake, problem, mode } = this.#record;
    const { report, deadline } = this.#gate.options;
    if (report !== undefined) this.#record.reported = this.#askSecond(report);
    if (problem !== undefined) return this.#decided(problem);
    const decision =
      mode === "enforce"
        ? evaluate(policy, handshake, this)
        : // What cannot be decided is let through: it gets half of the time, the rest is left for the delegates.
          decideWithin(policy, handshake, deadline / 2);
    if (isThenable(decision)) this.#wait(decision, (settled) => this.#decided(settled));
    else this.#decided(decision);
  }

  /** Asks the second policy, which only reports. It verifies no token: that could redeem a single-use ticket. */
  #askSecond(policy: Policy<unknown>): Decision<unknown> | Promise<Decision<unknown> | undefined> | undefined {
    const { reporter, options } = this.#gate;
    const failed = (error: unknown): undefined => {
      reporter.error(error, "the policy that reports");
    };
    try {
      const decision = decideWithin(policy, this.#record.handshake, options.deadline, { verify: false });
      return isThenable(decision) ? Promise.resolve(decision).catch(failed) : decision;
    } catch (error) {
      return failed(error);
    }
  }

  #decided(given: Decision<P>): void {
    // A policy that was not made by createPolicy() may return anything.
    if (!isDecision(given)) throw new TypeError("policy.decide() returned something that is not a decision.");
    const decision = notExpired(given, Date.now());
    const { found, mode } = this.#record;
    // Only the gate's own routes can wait for a first message.
    const awaits = found === undefined || mode === "report" ? undefined : awaitedMessage(decision);
    if (!decision.allowed && mode === "enforce" && awaits === undefined) return this.#refuse(decision);
    const { adapter, options } = this.#gate;
    const passes = found === undefined && options.unrouted === "pass";
    if (adapter.before === undefined || passes) return this.#admit(decision, awaits);
    const stopped = adapter.before(this.#record.request, this.signal);
    const next = (refusal: Deny | undefined): void =>
      refusal === undefined ? this.#admit(decision, awaits) : this.#refuse(refusal);
    if (isThenable(stopped)) this.#wait(stopped, next);
    else next(stopped);
  }

  #admit(decision: Decision<P>, awaits: FirstMessage | undefined): void {
    const { limits } = this.#gate;
    const { origin, mode, since } = this.#record;
    const full =
      // Others may have opened theirs while this one waited.
      (this.#pending === undefined ? undefined : limits.refusal(0, this.#record, origin)) ??
      (awaits === undefined ? undefined : limits.unauthenticatedRefusal(origin));
    if (full !== undefined) return this.#refuse(full);
    if (mode === "enforce" && since?.hit(decision) === true) return this.#refuse(this.#record.deny("token-revoked"));
    const refusal = admit(this.#record, decision, awaits, this);
    if (refusal !== undefined) this.#refuse(refusal);
  }

  #refuse(decision: Deny): void {
    this.settle();
    countAttempt(this.#record.attempt, decision);
    respond(this.#record, decision);
  }

  /** Waits for something, within the deadline and while the client is there. */
  #wait<T>(value: PromiseLike<T>, next: (value: T) => void, late?: (value: T) => void): void {
    if (this.#pending === undefined) {
      const { options, pending, connections, reporter } = this.#gate;
      this.#pending = new Pending(this.#transport.stream, options.deadline, (why) => {
        try {
          this.interrupt(why);
        } catch (error) {
          reporter.error(error, "the gate");
          this.#transport.destroy();
        }
      });
      this.#record.since = connections.begin();
      pending.add(this);
      // The client may be gone when its event is reported.
      void this.#record.ip;
    }
    void this.#resume(value, next, late);
  }

  async #resume<T>(value: PromiseLike<T>, next: (value: T) => void, late?: (value: T) => void): Promise<void> {
    let settled: T;
    try {
      settled = await value;
    } catch (error) {
      // What fails after the decision does not matter any more.
      if (!this.#over) this.#failed(error);
      return;
    }
    if (this.#over) return late?.(settled);
    try {
      next(settled);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The decision has been made: nothing is waited for any more. */
  settle(): void {
    if (this.#over) return;
    this.#over = true;
    this.#record.since?.end();
    if (this.#pending === undefined) return;
    this.#pending.stop();
    this.#gate.pending.delete(this);
    this.#controller?.abort(new Error("The handshake has been decided."));
  }

  /** The framework, a middleware or a policy has thrown. */
  #failed(error: unknown): void {
    const { reporter } = this.#gate;
    reporter.error(error, "the framework's adapter, a middleware or the policy");
    if (this.#over) return this.#transport.destroy();
    this.#record.forgetIp();
    try {
      this.#refuse(this.#record.deny("middleware-failed"));
    } catch (second) {
      reporter.error(second, "the gate");
      this.#transport.destroy();
    }
  }

  /** For the policy, which reads it if it has to wait. Makes an abort controller when it is called. */
  get signal(): () => AbortSignal {
    return () => (this.#controller ??= new AbortController()).signal;
  }

  /** A handshake for a route whose Upgrade or Connection field was lost: every proxy that drops them passes Sec-WebSocket-Key on. */
  #stripped(): Deny {
    const { headers } = this.#transport.request;
    if (headers.upgrade === undefined) return this.#record.deny("upgrade-stripped", "Upgrade is missing.");
    const connection = JSON.stringify(headers.connection?.slice(0, 64) ?? "missing");
    return this.#record.deny(
      "upgrade-stripped",
      connectionNamesUpgrade(headers)
        ? "Both fields are there, but Node delivered an ordinary request: guard the server before it gets connections, and leave its `upgrade` listeners."
        : `Upgrade is there, but Connection is ${connection} and does not name it.`,
    );
  }
}

/** Whether an ordinary request has the key of a handshake. */
export function isKeyed({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers["sec-websocket-key"] !== undefined;
}
