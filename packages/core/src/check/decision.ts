import { type AllowCode, type DenyCode, type DenyStatus, statusOf } from "./codes.ts";

/** The handshake may proceed. */
export interface Allow<P = undefined> {
  readonly allowed: true;
  readonly code: AllowCode;
  /** The Origin that was allowed; `undefined` where the request had none (`origin-absent`). */
  readonly origin: string | undefined;
  /** The entry that allowed it, as normalised at construction; `undefined` where no entry did. */
  readonly matched: string | undefined;
  /** Who is there, as the token's `verify` said; `undefined` while the policy asks for no token. */
  readonly principal: P;
  /** When the grant ends, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** The name of the grant, to revoke it by: a token's identifier. */
  readonly id?: string;
  /** Whose grant it is, to revoke all of theirs by. */
  readonly subject?: string;
  /** The session that the grant belongs to, to revoke by. */
  readonly session?: string;
}

/** The handshake must be refused, before any `101`. */
export interface Deny {
  readonly allowed: false;
  readonly code: DenyCode;
  /** The HTTP status to refuse with. */
  readonly status: DenyStatus;
  /** The Origin as it came, cut to 256 characters and NOT escaped: print it through `explain()` or JSON only. `undefined` where none came. */
  readonly origin: string | undefined;
}

/** What was decided of a handshake: told apart by `allowed`, then by `code`. */
export type Decision<P = undefined> = Allow<P> | Deny;

/** What a policy expects, for the text of `explain()`. */
export interface Expectation {
  /** A sentence that names the Origins that would have been allowed. */
  origins(): string;
  /** What is nearly right about this Origin, and how to mend it. */
  originHint(origin: string): string | undefined;
  /** A sentence that names the Hosts that would have been allowed. */
  hosts(): string;
}

/** What is known of a refusal beside the decision itself. For the operator's eyes only. */
export interface Circumstances {
  /** The Host as it came. */
  readonly host?: string | undefined;
  /** One sentence on what exactly was wrong. Holds no token, cookie or query string. */
  readonly note?: string | undefined;
  readonly expected?: Expectation | undefined;
  /** Whether the handshake was refused because its headers, or other properties, could not be read. */
  readonly unreadable?: boolean | undefined;
}

/** Returns what it is given, so that a class below it puts its private field on that object and makes none of its own. */
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Circumstances travel with a decision without being on it: a decision is plain data that is compared, logged and sent, and must not drag a
 * policy along. A private field on the plain object does that; a WeakMap does it too, at thirty times the cost of the decision itself.
 */
class Carrier extends Given {
  readonly #circumstances: Circumstances;

  constructor(decision: Deny, circumstances: Circumstances) {
    super(decision);
    this.#circumstances = circumstances;
  }

  static read(decision: Deny): Circumstances | undefined {
    return #circumstances in decision ? decision.#circumstances : undefined;
  }
}

/**
 * Makes a refusal. For those who build a gate of their own: the status always fits the code.
 *
 * @param origin the Origin header as it came; cut to 256 characters here
 * @param circumstances what `explain()` may tell the operator
 */
export function deny(code: DenyCode, origin?: string, circumstances?: Circumstances): Deny {
  const decision: Deny = {
    allowed: false,
    code,
    status: statusOf(code),
    origin: origin?.slice(0, 256),
  };
  if (circumstances !== undefined) new Carrier(decision, circumstances);
  return decision;
}

/** What is known of a refusal beside itself; nothing, where the decision was copied or came from elsewhere. */
export function circumstancesOf(decision: Deny): Circumstances {
  return Carrier.read(decision) ?? {};
}
