import { locationOf, shared } from "@wsorigin/core";
import { checkOptions, invalid, type Names, show } from "./check.ts";
import { newName } from "./record.ts";
import { TicketsError, type TicketsIssue } from "./errors.ts";
import { linger, markOf, type Revocation, type Taken, type TicketStore } from "./store.ts";

export interface MemoryStoreOptions {
  /** How many tickets can be outstanding. At the limit, `issue` rejects until one is redeemed or expires. Defaults to 10000. */
  readonly maxTickets?: number;
  /**
   * Every `memoryStore()` with this name in the process returns the same store, whichever copy of your module calls it: a route handler of Next.js is a
   * bundle with copies of its own. Not for separate kinds of tickets. Defaults to a store of its own for each call.
   */
  readonly name?: string;
}

const optionNames: Names<MemoryStoreOptions> = { maxTickets: true, name: true };

/** The stores with a name, of all copies of this package. */
const named = shared(
  "tickets.stores.1",
  () => new Map<string, { readonly store: TicketStore; readonly maxTickets: number }>(),
);

/** A store that says whether it has a ticket, without taking it. */
interface Holder {
  /** Where its copy of this package was loaded. */
  readonly location: string | undefined;
  holds(hash: string): boolean;
}

/** Memory stores that hold tickets, of all copies of this package. */
const holders = shared("tickets.holders.1", () => new Set<Holder>());
const location = locationOf(new Error("loaded"));

/** Returns what to do about a ticket that another memory store of this process holds; `undefined` if none does, or the given store is of another kind. */
export function foundElsewhere(store: TicketStore, hash: string): string | undefined {
  if (!("holds" in store)) return undefined;
  const holder = Array.from(holders).find((each) => each.holds(hash));
  if (holder === undefined) return undefined;
  const where = holder.location === location ? "" : ` Its copy of @wsorigin/tickets is ${String(holder.location)}.`;
  return `It was issued by another createTickets() of this process, with a memory store of its own. If both are meant to be one (a route handler of Next.js is a bundle with its own copy of your module), write store: memoryStore({ name: "tickets" }) in both, or use redisStore().${where}`;
}

/**
 * Stores tickets in the memory of this process: for development, tests, and services that are one process. Other processes do not see them.
 *
 * Bounded in number and time. A ticket is never dropped for a new one: at the limit, `issue` rejects.
 *
 * @throws {TicketsError} if an option is invalid
 */
export function memoryStore(options: MemoryStoreOptions = {}): TicketStore {
  checkOptions("memoryStore", options, optionNames, (read) => {
    return [maxTicketsProblem(read("maxTickets")), nameProblem(read("name"))];
  });
  const { maxTickets = 10_000, name } = options;
  if (name === undefined) return new MemoryStore(maxTickets);
  const known = named.get(name);
  if (known === undefined) {
    const store = new MemoryStore(maxTickets);
    named.set(name, { store, maxTickets });
    return store;
  }
  if (known.maxTickets !== maxTickets) throw new TicketsError([otherLimit(name, maxTickets, known.maxTickets)]);
  return known.store;
}

function maxTicketsProblem(most: unknown): TicketsIssue | undefined {
  if (most === undefined || (typeof most === "number" && Number.isSafeInteger(most) && most > 0)) return undefined;
  const message = `maxTickets: ${show(most)} is invalid. It must be a whole number above 0. Write maxTickets: 10000.`;
  return invalid("maxTickets", message);
}

function nameProblem(name: unknown): TicketsIssue | undefined {
  if (name === undefined || (typeof name === "string" && name !== "")) return undefined;
  return invalid(
    "name",
    `name: ${show(name)} is invalid. It must be a string that is not empty. Write name: "tickets".`,
  );
}

function otherLimit(name: string, given: number, known: number): TicketsIssue {
  const message = `maxTickets: ${given} differs from that of the store ${show(name)} which this process already has (${known}). Write maxTickets: ${known}, or another name for a store of its own.`;
  return { code: "option-incoherent", entry: "maxTickets", message };
}

/** How often expired entries are removed, in milliseconds. Also done when the store is full. */
const sweeping = 10_000;

class MemoryStore implements TicketStore, Holder {
  readonly location: string | undefined = location;
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
    holders.add(this);
    this.#schedule();
  }

  async take(hash: string): Promise<Taken | undefined> {
    const ticket = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    if (ticket === undefined) return undefined;
    return ticket.ends > now() ? { value: ticket.value } : { expired: true };
  }

  holds(hash: string): boolean {
    return this.#tickets.has(hash);
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
    holders.delete(this);
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
    if (this.#tickets.size === 0) holders.delete(this);
  }
}

/** Milliseconds of the monotonic clock: setting a wall clock back would extend the life of tickets. */
function now(): number {
  return performance.now();
}
