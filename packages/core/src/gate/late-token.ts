import { raceAbort } from "../ask/abort.ts";
import type { DenyCode } from "../check/codes.ts";
import { type Allow, type Decision, type Deny, deny } from "../check/decision.ts";
import type { Handshake } from "../check/handshake.ts";
import type { Policy } from "../policy.ts";
import { sourcesOf } from "./policy.ts";
import type { Verification } from "./revocations.ts";

/** What a token that arrives on an open socket is judged by. */
export interface LateToken<P> {
  readonly token: string;
  readonly policy: Policy<P>;
  readonly handshake: Handshake;
  /** What the socket was opened with; a new token must belong to the same subject. */
  readonly current: Decision<P>;
  /** Since when revocations count. */
  readonly since: Verification;
  readonly signal: AbortSignal;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether two principals are equal, for policies whose `verify` names no subject. */
  readonly isEqual: (one: unknown, other: unknown) => boolean;
}

/**
 * Judges a token that arrives on an open socket, in its first message or to renew the one it has: the policy allows it, in time, it has not expired or been
 * revoked in the meantime, and it belongs to the same subject. Never rejects.
 */
export async function judgeLateToken<P>(late: LateToken<P>): Promise<Decision<P>> {
  const { token, policy, handshake, current, since, signal, now, isEqual } = late;
  const refuse = (code: DenyCode, note: string): Deny => deny(code, current.origin, { note });
  if (sourcesOf(policy).length === 0) return refuse("token-missing", "The policy asks for no token.");
  try {
    const decision = notExpired(await raceAbort(policy.decide(handshake, { token, signal }), signal), now());
    if (!decision.allowed) return decision;
    if (since.hit(decision) || since.hit(current))
      return refuse("token-revoked", "It was revoked while it was verified.");
    if (current.allowed && !isSameSubject(current, decision, isEqual))
      return refuse("token-forbidden", "The new token belongs to another subject than the socket.");
    return decision;
  } catch {
    return refuse(
      "verifier-failed",
      signal.aborted ? "The verifier did not answer in time." : "policy.decide() rejected.",
    );
  }
}

/** Returns the decision, or a refusal if what it grants has expired at a time in milliseconds since the epoch. */
export function notExpired<P>(decision: Decision<P>, now: number): Decision<P> {
  if (!decision.allowed || decision.expiresAt === undefined || decision.expiresAt > now) return decision;
  return deny("token-expired", decision.origin, { note: "verify() granted it until a time that has passed." });
}

function isSameSubject(old: Allow<unknown>, renewed: Allow<unknown>, isEqual: LateToken<unknown>["isEqual"]): boolean {
  if (old.subject !== undefined || renewed.subject !== undefined) return old.subject === renewed.subject;
  return isEqual(old.principal, renewed.principal);
}
