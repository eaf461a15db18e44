import type { IncomingMessage } from "node:http";
import type { Decision, Policy } from "@wsorigin/core";
import type { Identity } from "../connection/identity.ts";
import type { Facts } from "../options.ts";
import { isSameOrigin } from "./request-policy.ts";
import { judgeToken } from "../connection/late-token.ts";

/** What a decision on an ordinary request was made from. */
export interface RequestFacts<P> {
  readonly policy: Policy<P>;
  /** The framework's request. */
  readonly request: unknown;
  readonly incoming: IncomingMessage;
  readonly facts: Facts;
  /** In milliseconds. */
  readonly deadline: number;
}

/** Who is behind an ordinary request. */
export class RequestIdentity<P> implements Identity<P> {
  #decision: Decision<P>;
  readonly #facts: RequestFacts<P>;
  #refresh: Identity<P>["refresh"] | undefined;

  constructor(decision: Decision<P>, facts: RequestFacts<P>) {
    this.#decision = decision;
    this.#facts = facts;
  }

  get decision(): Decision<P> {
    return this.#decision;
  }

  get ip(): string {
    return this.#facts.facts.ip ?? "";
  }

  get origin(): string | undefined {
    return this.#decision.origin;
  }

  /** A refusal that is only reported has no principal: then it is undefined, whatever P says. */
  get principal(): P {
    return Reflect.get<object, string>(this.#decision, "principal");
  }

  get request(): unknown {
    return this.#facts.request;
  }

  /** A function of its own, so that a handler can take it out of the identity. */
  get refresh(): Identity<P>["refresh"] {
    return (this.#refresh ??= (token) => this.#renew(token));
  }

  async #renew(token: string): Promise<Decision<P>> {
    const { policy, incoming, facts, deadline } = this.#facts;
    const { headers, rawHeaders, url } = incoming;
    const sameOrigin = isSameOrigin(incoming);
    const decision = await judgeToken({
      token,
      policy: { ...policy, decide: (handshake, given) => policy.decide(handshake, { ...given, sameOrigin }) },
      handshake: { headers, rawHeaders, url, ...facts },
      current: this.#decision,
      since: unrevoked,
      signal: AbortSignal.timeout(deadline),
    });
    if (decision.allowed) this.#decision = decision;
    return decision;
  }
}

/** A request guard has no revocation source: the policy's `verify` is asked with every request. */
const unrevoked = Object.freeze({ hit: () => false, end: () => {} });
