import { denyCodes } from "../check/codes.ts";
import type { Decision } from "../check/decision.ts";
import type { Handshake } from "../check/handshake.ts";
import type { DecideOptions, Policy } from "../policy.ts";
import type { TokenSource } from "../token/sources.ts";

const known: ReadonlySet<unknown> = new Set(denyCodes);

/** Asks a policy, which answers at once if it has nothing to wait for. A policy that was not made by `createPolicy()` may have `decide` only. */
export function evaluate<P>(
  policy: Policy<P>,
  handshake: Handshake,
  options: DecideOptions,
): Decision<P> | PromiseLike<Decision<P>> {
  if (typeof policy.evaluate === "function") return policy.evaluate(handshake, options);
  const { signal } = options;
  return policy.decide(handshake, { ...options, signal: typeof signal === "function" ? signal() : signal });
}

/** Whether a policy returned a decision. */
export function isDecision(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (
    Reflect.get(value, "allowed") === true ||
    (Reflect.get(value, "allowed") === false && known.has(Reflect.get(value, "code")))
  );
}

/** Where a policy looks for its token. A policy that was not made by `createPolicy()` may not say. */
export function sourcesOf(policy: object): readonly TokenSource[] {
  const sources: unknown = Reflect.get(policy, "sources");
  return Array.isArray(sources) ? sources : [];
}
