/** What was revoked: everything of a subject or a session, or the one grant of an id. */
export type Revocation =
  | { readonly subject: string; readonly session?: never; readonly id?: never }
  | { readonly subject?: never; readonly session: string; readonly id?: never }
  | { readonly subject?: never; readonly session?: never; readonly id: string };

/** The value of a ticket, or that it had expired. */
export type Taken = { readonly value: string } | { readonly expired: true };

/**
 * Stores tickets and revocations. A store of your own must keep these promises; if `take` does not, one ticket opens two sockets. Every method may
 * reject: then tickets are refused with 503, and `issue` and `revoke` reject with the store's error. A handshake that is aborted does not wait for
 * the store.
 */
export interface TicketStore {
  /**
   * Stores a ticket.
   *
   * @param hash the SHA-256 of the ticket in hexadecimal; never the ticket itself
   * @param value a JSON text, to be returned unchanged
   * @param ttl how long it can be redeemed, in milliseconds, by the store's own clock
   */
  put(hash: string, value: string, ttl: number): Promise<void>;
  /**
   * Removes a ticket and returns it to exactly one caller, in one step: of any number of calls at once, in any number of processes, one gets the value,
   * and the others `undefined`. Never returns the value after `ttl`: then it returns `{ expired: true }`, or `undefined` if the store has removed it.
   */
  take(hash: string): Promise<Taken | undefined>;
  /**
   * Gives a revocation a new, unique name, stores it for at least `keep` milliseconds, and calls every subscriber in every process. Once the promise
   * resolves, `latest` returns the new name in all of them.
   */
  revoke(revocation: Revocation, keep: number): Promise<void>;
  /** Returns the name of the latest revocation of each, in the same order; `undefined` if there is none within `keep`. */
  latest(of: readonly Revocation[]): Promise<readonly (string | undefined)[]>;
  /**
   * Calls `deliver`, which never throws, for every revocation from now on, by any process. After a lost connection it delivers what it missed as soon as
   * it can.
   *
   * @returns a function that ends the subscription
   * @throws if the store cannot subscribe
   */
  subscribe(deliver: (revocation: Revocation) => void): () => void | Promise<void>;
  /** Ends timers. The app's own connections stay open. */
  close?(): void | Promise<void>;
}

/** The longest life of a ticket, in milliseconds: tickets are in URLs, which logs keep. */
export const maxTtl = 60_000;

/** The longest timeout of a store, in milliseconds. */
export const maxTimeout = 10_000;

/** How long a revocation is stored: longer than the life of any ticket that was issued before it, slow answers included. */
export const keep: number = maxTtl + 6 * maxTimeout;

/** How long the stores of this package keep a ticket after it expired, to report that. In milliseconds. */
export const linger = 60_000;

/** Returns a key for a revocation in a store: unique, whatever characters the name contains. */
export function markOf(revocation: Revocation): string {
  return JSON.stringify(Object.entries(revocation)[0]);
}

/** Reads a revocation: exactly one of three names, a string that is not empty. The result is frozen. */
export function readRevocation(value: unknown): Revocation | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const [[key, name] = []] = entries;
  if (entries.length !== 1 || typeof name !== "string" || name === "") return undefined;
  if (key === "subject") return Object.freeze({ subject: name });
  if (key === "session") return Object.freeze({ session: name });
  return key === "id" ? Object.freeze({ id: name }) : undefined;
}
