import { isDeepStrictEqual } from "node:util";
import { type Allow, type Decision, deny, type Deny, type Handshake, type Policy } from "@wsorigin/core";
import { decideWithin } from "./asking.ts";

/** What an identity rests on. */
export interface Grounds<P> {
  readonly policy: Policy<P>;
  readonly handshake: Handshake;
  readonly mode: "enforce" | "report";
  readonly ip: string;
  /** How long a renewal may take, in milliseconds. */
  readonly deadline: number;
  /** Called with every renewal that is refused. */
  readonly failed: (decision: Deny) => void;
}

/** Who is at the other end of a handshake or socket, and why it is let in. Changes when the token is renewed. */
export class Identity<P = unknown> {
  readonly ip: string;
  readonly mode: "enforce" | "report";
  readonly #grounds: Grounds<P>;
  #decision: Decision<P>;
  #changed: () => void = () => {};

  constructor(decision: Decision<P>, grounds: Grounds<P>) {
    this.ip = grounds.ip;
    this.mode = grounds.mode;
    this.#grounds = grounds;
    this.#decision = decision;
  }

  /** Why the socket is open. A refusal, where the policy only reports. */
  get decision(): Decision<P> {
    return this.#decision;
  }

  /** The page's origin; `undefined` where the policy let a handshake without one in. */
  get origin(): string | undefined {
    return this.#decision.origin;
  }

  /** Who is there, as the policy's token says. A refusal that is only reported has nobody: then it is undefined, whatever P says. */
  get principal(): P {
    return Reflect.get<object, string>(this.#decision, "principal");
  }

  /** When the grant ends, in milliseconds since the epoch; `undefined` where it does not. */
  get expiresAt(): number | undefined {
    return this.#decision.allowed && this.mode === "enforce" ? this.#decision.expiresAt : undefined;
  }

  /**
   * Renews the token of an open socket: for a message of the app's own protocol. The new one is verified as the first was, for the same page, and
   * must be the same subject's (the same principal, where `verify` names no subject). Never rejects; a refusal leaves everything as it was, so that
   * the socket still closes when the old token ends.
   */
  readonly refresh = async (token: string): Promise<Decision<P>> => {
    const { policy, handshake, deadline, failed } = this.#grounds;
    const decision = await this.#judge(decideWithin(policy, handshake, deadline, token));
    if (decision.allowed) this.settle(decision);
    else failed(decision);
    return decision;
  };

  /** The decision from now on. */
  settle(decision: Decision<P>): void {
    this.#decision = decision;
    this.#changed();
  }

  /** What is to be done whenever the decision changes. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  async #judge(asked: Promise<Decision<P>>): Promise<Decision<P>> {
    const { origin } = this;
    const refuse = (code: "token-forbidden" | "token-missing" | "verifier-failed", note: string): Deny =>
      deny(code, origin, { note });
    if ((this.#grounds.policy.sources ?? []).length === 0)
      return refuse("token-missing", "The policy asks for no token.");
    try {
      const decision = inTime(await asked);
      if (!decision.allowed || !this.#decision.allowed || isSameSubject(this.#decision, decision)) return decision;
      return refuse("token-forbidden", "The new token is another subject's than the socket's.");
    } catch {
      return refuse("verifier-failed", "policy.decide() rejected.");
    }
  }
}

/** A decision; a refusal, where what it grants has ended already. */
export function inTime<P>(decision: Decision<P>): Decision<P> {
  if (!decision.allowed || decision.expiresAt === undefined || decision.expiresAt > Date.now()) return decision;
  return deny("token-expired", decision.origin, { note: "verify() granted it until a time that has passed." });
}

function isSameSubject(old: Allow<unknown>, renewed: Allow<unknown>): boolean {
  if (old.subject !== undefined || renewed.subject !== undefined) return old.subject === renewed.subject;
  return isDeepStrictEqual(old.principal, renewed.principal);
}
