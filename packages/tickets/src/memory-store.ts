import { checkOptions, invalid, type Names, show } from "./check.ts";
import { newName } from "./record.ts";
import { linger, markOf, type Revocation, type Taken, type TicketStore } from "./store.ts";

export interface MemoryStoreOptions {
  /** How many tickets can be outstanding. At the limit, `issue` rejects until one is redeemed or expires. Defaults to 10000. */
  readonly maxTickets?: number;
}

const optionNames: Names<MemoryStoreOptions> = { maxTickets: true };

/**
 * Stores tickets in the memory of this process: for development, tests, and services that are one process. Other processes do not see them.
 *
 * Bounded in number and time. A ticket is never dropped for a new one: at the limit, `issue` rejects.
 *
 * @throws {TicketsError} if an option is invalid
 */
export function memoryStore(options: MemoryStoreOptions = {}): TicketStore {
  checkOptions("memoryStore", options, optionNames, (read) => {
    const most = read("maxTickets");
    const fits = most === undefined || (typeof most === "number" && Number.isSafeInteger(most) && most > 0);
    if (fits) return [];
    const message = `maxTickets: ${show(most)} is invalid. It must be a whole number above 0. Write maxTickets: 10000.`;
    return [invalid("maxTickets", message)];
  });
  return new MemoryStore(options.maxTickets ?? 10_000);
}

/** How often expired entries are removed, in milliseconds. Also done when the store is full. */
const sweeping = 10_000;

class MemoryStore implements TicketStore {
  readonly #most: number;
  readonly #tickets = new Map<string, { readonly value: string; readonly ends: number }>();
  readonly #revocations = new Map<string, { readonly name: string; readonly ends: number }>();
  readonly #subscribers = new Set<{ readonly deliver: (revocation: Revocation) => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  async put(hash: string, value: string, ttl: number): Promise<void> {
    if (this.#tickets.size >= this.#most) this.#sweep(now());
    if (this.#tickets.size >= this.#most)
      throw new Error(
        `There are too many outstanding tickets (${this.#most}). Raise maxTickets, or limit how many one visitor may ask for.`,
      );
    this.#tickets.set(hash, { value, ends: now() + ttl });
    this.#schedule();
  }

  async take(hash: string): Promise<Taken | undefined> {
    const ticket = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    if (ticket === undefined) return undefined;
    return ticket.ends > now() ? { value: ticket.value } : { expired: true };
  }

  async revoke(revocation: Revocation, keep: number): Promise<void> {
    this.#revocations.set(markOf(revocation), { name: newName(), ends: now() + keep });
    this.#schedule();
    for (const { deliver } of this.#subscribers) deliver(revocation);
  }

  async latest(of: readonly Revocation[]): Promise<readonly (string | undefined)[]> {
    return of.map((revocation) => this.#revocations.get(markOf(revocation))?.name);
  }

  subscribe(deliver: (revocation: Revocation) => void): () => void {
    const subscriber = { deliver };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One timer for all, while there is anything to remove. */
  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sweep(now() - linger);
      if (this.#tickets.size + this.#revocations.size > 0) this.#schedule();
    }, sweeping).unref();
  }

  /** Removes the tickets that ended before a time, and expired revocations. */
  #sweep(before: number): void {
    for (const [hash, { ends }] of this.#tickets) if (ends <= before) this.#tickets.delete(hash);
    for (const [mark, { ends }] of this.#revocations) if (ends <= now()) this.#revocations.delete(mark);
  }
}

/** Milliseconds of the monotonic clock: setting a wall clock back would extend the life of tickets. */
function now(): number {
  return performance.now();
}
