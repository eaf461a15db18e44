/** What was revoked: all that belongs to a subject, to a session, or the one grant of this id. */
export type Revocation =
  | { readonly subject: string; readonly session?: never; readonly id?: never }
  | { readonly subject?: never; readonly session: string; readonly id?: never }
  | { readonly subject?: never; readonly session?: never; readonly id: string };

/** What became of a ticket: its value, or that its time was over. */
export type Taken = { readonly value: string } | { readonly expired: true };

/**
 * Where tickets and revocations are kept. To write one of your own, keep these promises; whoever redeems twice gets two sockets where `take` does
 * not keep its own. Every method may reject: then a ticket is refused with 503, and `issue` and `revoke` reject with what the store said. A store
 * that never answers is given up when the handshake is.
 */
export interface TicketStore {
  /**
   * Keeps a ticket.
   *
   * @param hash the SHA-256 of the ticket in hexadecimal; the ticket itself never gets here
   * @param value a text that is JSON, to be given back as it is
   * @param ttl how long it may be redeemed, in milliseconds, by the store's own clock
   */
  put(hash: string, value: string, ttl: number): Promise<void>;
  /**
   * Gives a ticket to exactly one caller, and removes it in the same step: of any number of calls at once, in any number of processes, one gets
   * the value, and the others `undefined`. Never gives the value after `ttl`: then `{ expired: true }`, or `undefined` where the store has
   * forgotten it.
   */
  take(hash: string): Promise<Taken | undefined>;
  /**
   * Gives a revocation a new name that no other has, remembers it for `keep` milliseconds at the least, and tells every subscriber of every
   * process. When the promise resolves, `latest` gives the new name in all of them.
   */
  revoke(revocation: Revocation, keep: number): Promise<void>;
  /** The name of the latest revocation of each of these, in their order; `undefined` where there is none within `keep`. */
  latest(of: readonly Revocation[]): Promise<readonly (string | undefined)[]>;
  /**
   * Calls `deliver`, which never throws, for every revocation from now on, in all processes. Where it was cut off it tells what it missed as soon
   * as it can.
   *
   * @returns what ends it
   * @throws where the store cannot
   */
  subscribe(deliver: (revocation: Revocation) => void): () => void | Promise<void>;
  /** Lets go of timers. Connections that the store was given are not its own to close. */
  close?(): void | Promise<void>;
}

/** The longest life of a ticket, in milliseconds: it stands in URLs, which logs keep. */
export const maxTtl = 60_000;

/** The longest that a store may be asked to wait, in milliseconds. */
export const maxTimeout = 10_000;

/** How long a revocation is remembered: longer than any ticket that was issued before it can live, slow answers included. */
export const keep: number = maxTtl + 6 * maxTimeout;

/** How long a store of this package remembers a ticket beyond its life, to say that it expired. In milliseconds. */
export const linger = 60_000;

/** A name for a revocation in a store: one for each, whatever characters it is made of. */
export function markOf(revocation: Revocation): string {
  return JSON.stringify(Object.entries(revocation)[0]);
}

/** Reads what should be a revocation: exactly one of three names, a text that is not empty. Frozen. */
export function readRevocation(value: unknown): Revocation | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const [[key, name] = []] = entries;
  if (entries.length !== 1 || typeof name !== "string" || name === "") return undefined;
  if (key === "subject") return Object.freeze({ subject: name });
  if (key === "session") return Object.freeze({ session: name });
  return key === "id" ? Object.freeze({ id: name }) : undefined;
}
