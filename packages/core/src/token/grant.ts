import type { DenyCode } from "../check/codes.ts";
import { layout, shared } from "../shared.ts";
import { show } from "../explain/text.ts";

/** What a token stands for. */
export interface Granted<P> {
  /** The user, or other party, as the handler gets it. */
  readonly principal: P;
  /** When the grant ends and the socket is closed, in milliseconds since the epoch. A JWT's `exp` is in seconds. */
  readonly expiresAt?: number | undefined;
  /** Identifies the grant, for revocation: a token's identifier (`jti`). Never the token itself. */
  readonly id?: string | undefined;
  /** Identifies the user, to revoke all of the user's grants; a renewed token must have the same subject. */
  readonly subject?: string | undefined;
  /** Identifies the session, for revocation. */
  readonly session?: string | undefined;
}

/** Why a token is refused; each has its code. `"unavailable"`: it could not be verified, and the client may try again (503). */
export type RefusalReason =
  | "malformed"
  | "invalid"
  | "expired"
  | "revoked"
  | "origin-mismatch"
  | "forbidden"
  | "unavailable";

const codes: Readonly<Record<RefusalReason, DenyCode>> = {
  malformed: "token-malformed",
  invalid: "token-invalid",
  expired: "token-expired",
  revoked: "token-revoked",
  "origin-mismatch": "token-origin-mismatch",
  forbidden: "token-forbidden",
  unavailable: "verifier-failed",
};

/** What `grant()` and `refuse()` made, in any copy of the core: the caller's verifier may be of another copy than the policy. */
const genuine = shared(`genuine.${layout}`, () => ({ grants: new WeakSet(), refusals: new WeakSet() }));

/** The only value with which `verify` allows a token. Made by `grant()` only: objects of the same shape do not count. */
export class Grant<P> implements Granted<P> {
  readonly principal: P;
  readonly expiresAt: number | undefined;
  readonly id: string | undefined;
  readonly subject: string | undefined;
  readonly session: string | undefined;
  /** Exists in the type only: another object does not compile. Two declarations of this class do, the ES module's and the CommonJS module's. */
  declare readonly "~made by": "grant()";

  constructor({ principal, expiresAt, id, subject, session }: Granted<P>) {
    this.principal = principal;
    this.expiresAt = expiresAt === Infinity ? undefined : expiresAt;
    this.id = id;
    this.subject = subject;
    this.session = session;
    genuine.grants.add(Object.freeze(this));
  }
}

/** A token that `verify` refuses. Made by `refuse()` only. */
export class TokenRefusal {
  readonly code: DenyCode;
  readonly note: string | undefined;
  /** Exists in the type only, as in a grant. */
  declare readonly "~made by": "refuse()";

  constructor(code: DenyCode, note: string | undefined) {
    this.code = code;
    this.note = note;
    genuine.refusals.add(Object.freeze(this));
  }
}

/** Whether `grant()` made a value. */
export function isGrant(value: unknown): value is Grant<unknown> {
  return typeof value === "object" && value !== null && genuine.grants.has(value);
}

/** Whether `refuse()` made a value. */
export function isTokenRefusal(value: unknown): value is TokenRefusal {
  return typeof value === "object" && value !== null && genuine.refusals.has(value);
}

/** September 2001: an earlier time is most likely in seconds instead of milliseconds. */
const earliest = 1e12;

/**
 * Allows a token, from the `verify` of a policy.
 *
 * @throws {TypeError} if `expiresAt` is not a time in milliseconds, or a name is not a string; thrown from `verify`, it refuses the handshake
 */
export function grant<P>(granted: Granted<P>): Grant<P> {
  const { expiresAt } = granted;
  if (expiresAt !== undefined && !(typeof expiresAt === "number" && expiresAt >= earliest))
    throw new TypeError(
      `grant(): expiresAt is ${show(expiresAt)}; it must be milliseconds since the epoch. For a JWT write exp * 1000.`,
    );
  for (const name of ["id", "subject", "session"] as const) {
    const value = granted[name];
    if (value !== undefined && typeof value !== "string")
      throw new TypeError(`grant(): ${name} is ${show(value)}; it must be a string.`);
  }
  return new Grant(granted);
}

/**
 * Refuses a token, from the `verify` of a policy.
 *
 * @param note one sentence for the operator; replaced if it contains part of the token
 * @throws {TypeError} if the reason is unknown; thrown from `verify`, it refuses the handshake
 */
export function refuse(reason: RefusalReason, note?: string): TokenRefusal {
  if (!Object.hasOwn(codes, reason))
    throw new TypeError(`refuse(): ${show(reason)} is not a reason. Write one of ${Object.keys(codes).join(", ")}.`);
  return new TokenRefusal(codes[reason], note === undefined || typeof note === "string" ? note : show(note));
}
