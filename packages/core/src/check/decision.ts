import { type AllowCode, type DenyCode, type DenyStatus, statusOf } from "./codes.ts";
import type { HostEntry, HostList, OriginEntry, OriginList } from "./lists.ts";

/** The handshake may proceed. */
export interface Allow<P = undefined> {
  readonly allowed: true;
  readonly code: AllowCode;
  /** The Origin that was allowed; `undefined` if the request had none (`origin-absent`). */
  readonly origin: string | undefined;
  /** The entry that allowed it, as normalised at construction; `undefined` if another rule did. */
  readonly matched: string | undefined;
  /** The principal that the token's `verify` granted; `undefined` without the policy's `token` option. */
  readonly principal: P;
  /** When the grant ends, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Identifies the grant, for revocation: a token's identifier. */
  readonly id?: string;
  /** Identifies the user, to revoke all of the user's grants. */
  readonly subject?: string;
  /** Identifies the session, for revocation. */
  readonly session?: string;
}

/** The handshake must be refused, before any `101`. */
export interface Deny {
  readonly allowed: false;
  readonly code: DenyCode;
  /** The HTTP status to refuse with. */
  readonly status: DenyStatus;
  /** The Origin as received, cut to 256 characters and NOT escaped: print it through `explain()` or JSON only. `undefined` if there was none. */
  readonly origin: string | undefined;
}

/** The decision on a handshake: discriminated by `allowed`, then by `code`. */
export type Decision<P = undefined> = Allow<P> | Deny;

/** The compiled rules for Host and Origin, with the entries that `explain()` names. */
export interface Rules {
  readonly originList: OriginList;
  /** Undefined: any Host. */
  readonly hostList: HostList | undefined;
  readonly origins: readonly OriginEntry[];
  readonly hosts: readonly HostEntry[] | undefined;
  readonly directory: object | undefined;
  readonly sameHost: boolean;
  readonly missingOrigin: "deny" | "allow" | "token";
  readonly opaqueOrigin: "deny" | "dangerously-allow";
  /** Whether every plain `http:` origin may be an entry. */
  readonly insecureToo: boolean;
}

/** Details of a refusal, for the operator only. */
export interface Circumstances {
  /** The Host as received. */
  readonly host?: string | undefined;
  /** One sentence on what exactly was wrong. Must not contain a token, cookie or query string. */
  readonly note?: string | undefined;
  /** The rules that refused. */
  readonly expected?: Rules | undefined;
  /** A status other than the code's own, chosen by a middleware of the app. */
  readonly status?: DenyStatus | undefined;
  /** Whether the handshake was refused because its headers, or other properties, could not be read. */
  readonly unreadable?: boolean | undefined;
}

/** Returns its argument, so that a subclass puts its private field on that object instead of a new one. */
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Attaches circumstances to a decision without making them visible: a decision is plain data that is compared, logged and sent, and must not
 * include a policy. A private field on the plain object does that; a WeakMap would too, at thirty times the cost of the decision itself.
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
 * Makes a refusal, with the status of its code unless the circumstances name another one. For gates of your own.
 *
 * @param origin the Origin header as received; cut to 256 characters here
 * @param circumstances details that `explain()` shows to the operator
 */
export function deny(code: DenyCode, origin?: string, circumstances?: Circumstances): Deny {
  const decision: Deny = {
    allowed: false,
    code,
    status: circumstances?.status ?? statusOf(code),
    origin: origin?.slice(0, 256),
  };
  if (circumstances !== undefined) new Carrier(decision, circumstances);
  return decision;
}

/** Returns the details of a refusal; empty if the decision was copied or made elsewhere. */
export function circumstancesOf(decision: Deny): Circumstances {
  return Carrier.read(decision) ?? {};
}
