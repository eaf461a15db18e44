import type { Decision } from "@wsorigin/core";

/** What is revoked: everything granted to a subject, everything of a session, or one grant. */
export type Revocation = { readonly subject: string } | { readonly session: string } | { readonly id: string };

/** Whoever tells of revocations: `createTickets()` of `@wsorigin/tickets`, or something of the app's own. */
export interface RevocationFeed {
  /** Has the listener called with every revocation, in whichever process it was made. Gives what ends it. */
  subscribe(listener: (revocation: Revocation) => void): () => void;
}

const kinds = ["subject", "session", "id"] as const;

/** Remembers what was revoked of late, for handshakes that were verified just before and are not open yet. */
export class Revocations {
  /** By kind and name: when, on `performance.now()`'s clock. In order. */
  readonly #recent = new Map<string, number>();
  readonly #keep: number;

  /** @param keep how long a handshake may take from its verification to its opening, in milliseconds */
  constructor(keep: number) {
    this.#keep = keep;
  }

  add(revocation: Revocation): void {
    const now = performance.now();
    for (const [key, at] of this.#recent) {
      if (at > now - this.#keep) break;
      this.#recent.delete(key);
    }
    for (const key of keysOf(revocation)) {
      this.#recent.delete(key);
      this.#recent.set(key, now);
    }
  }

  /** Whether what was granted has been revoked since. */
  hit(decision: Decision<unknown>, since: number): boolean {
    return this.#recent.size > 0 && keysOf(decision).some((key) => (this.#recent.get(key) ?? -Infinity) >= since);
  }
}

/** Whether a revocation is of what was granted. */
export function isRevoked(decision: Decision<unknown>, revocation: Revocation): boolean {
  const keys = keysOf(revocation);
  return keysOf(decision).some((key) => keys.includes(key));
}

function keysOf(holder: object): readonly string[] {
  return kinds.flatMap((kind) => {
    const name: unknown = Reflect.get(holder, kind);
    return typeof name === "string" ? [`${kind} ${name}`] : [];
  });
}
