import type { Decision } from "../check/decision.ts";

/** What is revoked: every grant of a subject, every grant of a session, or one grant. */
export type Revocation = { readonly subject: string } | { readonly session: string } | { readonly id: string };

/** A source of revocations: the object that `createTickets()` of `@wsorigin/tickets` returns, or one of your own. */
export interface RevocationSource {
  /** Has the listener called with every revocation, in whichever process it was made. Returns a function that ends the subscription. */
  subscribe(listener: (revocation: Revocation) => void): () => void;
}

/** A verification that is in progress, or a socket whose token has not arrived yet. */
export interface Verification {
  /** Whether the grant behind a decision was revoked since the verification began. */
  hit(decision: Decision<unknown>): boolean;
  /** Ends it: its connection is indexed now, or will not be. */
  end(): void;
}

/** The verification of a gate without a revocation source. */
export const unrevoked: Verification = Object.freeze({ hit: () => false, end: () => {} });

/** What can be revoked: an open connection. */
export interface Revocable {
  readonly decision: Decision<unknown>;
  revoke(): void;
}

const kinds = ["subject", "session", "id"] as const;

/**
 * Finds what a revocation is about by key, at a cost that does not depend on the number of open connections. What is being verified has no key yet, so
 * revocations are remembered until the oldest verification that began before them has ended.
 */
export class Revocations {
  readonly #revocables = new Map<string, Set<Revocable>>();
  /** By key: the number of its last revocation, in order. */
  readonly #recent = new Map<string, number>();
  /** The number of the last revocation before each verification, in the order in which they began. */
  readonly #verifying = new Set<{ readonly since: number }>();
  #count = 0;

  /** Begins a verification. */
  begin(): Verification {
    const entry = { since: this.#count };
    this.#verifying.add(entry);
    return {
      hit: (decision) =>
        this.#recent.size > 0 && keysOf(decision).some((key) => (this.#recent.get(key) ?? 0) > entry.since),
      end: () => this.#end(entry),
    };
  }

  /** Indexes a connection under the keys of its decision. Returns a function that removes it. */
  index(revocable: Revocable): () => void {
    const keys = keysOf(revocable.decision);
    for (const key of keys) {
      const found = this.#revocables.get(key);
      if (found === undefined) this.#revocables.set(key, new Set([revocable]));
      else found.add(revocable);
    }
    return () => {
      for (const key of keys) {
        const found = this.#revocables.get(key);
        if (found?.delete(revocable) === true && found.size === 0) this.#revocables.delete(key);
      }
    };
  }

  #end(entry: { readonly since: number }): void {
    this.#verifying.delete(entry);
    const [oldest] = this.#verifying;
    for (const [key, number] of this.#recent) {
      if (oldest !== undefined && number > oldest.since) break;
      this.#recent.delete(key);
    }
  }

  /** Applies a revocation. */
  publish(revocation: Revocation): void {
    this.#count++;
    for (const key of keysOf(revocation)) {
      if (this.#verifying.size > 0) {
        this.#recent.delete(key);
        this.#recent.set(key, this.#count);
      }
      for (const revocable of this.#revocables.get(key) ?? []) revocable.revoke();
    }
  }
}

function keysOf(holder: object): readonly string[] {
  return kinds.flatMap((kind) => {
    const name: unknown = Reflect.get(holder, kind);
    return typeof name === "string" ? [`${kind} ${name}`] : [];
  });
}
