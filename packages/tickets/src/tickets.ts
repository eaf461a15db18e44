import { type Granted, grant, quote, refuse, type TokenContext, type Verification } from "@wsorigin/core";
import { checkOptions, hasMethods, millisecondsProblem, show, unknownKeys } from "./check.ts";
import { memoryStore } from "./memory-store.ts";
import {
  hashOf,
  isOrigin,
  isTicket,
  namesOf,
  newName,
  newTicket,
  readRecord,
  survivesJson,
  type TicketRecord,
} from "./record.ts";
import { keep, maxTtl, readRevocation, type Revocation, type TicketStore } from "./store.ts";

export interface TicketsOptions {
  /** Where tickets are kept. `memoryStore()` by default, which knows this process only; `redisStore()` for more than one. */
  readonly store?: TicketStore;
  /** How long a ticket may be redeemed, in milliseconds: above 0, and 60000 at the most. 30000 by default. */
  readonly ttl?: number;
}

/** What a ticket stands for, and the page that it is for. */
export interface TicketRequest<P> extends Granted<P> {
  /** The Origin header of the request that asks for the ticket, as it came. The ticket opens sockets for pages of this origin only. */
  readonly origin: string | undefined;
}

/** Tickets, and the revocations of what they stand for. Frozen; each method works unbound. */
export interface Tickets<P> {
  /**
   * Makes a ticket: 192 random bits, of which the store keeps a SHA-256 hash only. Call it behind the app's own login: whoever gets a ticket opens
   * one socket as its principal.
   *
   * Rejects with a `TypeError` where a name is no text, `expiresAt` no time in milliseconds, `origin` no page's, or the principal would not come
   * out of JSON as it went in (not with any store); with the store's own error where it is away or full: answer 503 then.
   */
  readonly issue: (request: TicketRequest<P>) => Promise<string>;
  /**
   * For the `verify` of a policy. Grants a ticket once, whoever asks at the same time, to the page's origin that it was issued to. Never rejects. A
   * ticket that comes from another origin is used up by that: who stole it learns nothing, and its page has to ask for another.
   */
  readonly verify: (token: string, context: Pick<TokenContext, "origin" | "signal">) => Promise<Verification<P>>;
  /**
   * Revokes all that belongs to a subject or a session, or the one grant of an id. Once it resolves, no ticket that was issued before it is
   * granted by any process; each process's subscribers are told, at once where they are connected. What is issued afterwards is not touched.
   *
   * Rejects with a `TypeError` where there is not exactly one name, a text that is not empty; with the store's own error where it is away: the
   * revocation may then have happened or not, so call it again.
   */
  readonly revoke: (revocation: Revocation) => Promise<void>;
  /**
   * Calls a listener for every revocation from now on, of this process and of all others. What it throws or rejects with changes nothing.
   *
   * @returns what ends it
   * @throws {Error} where the store has nothing to subscribe with
   */
  readonly subscribe: (listener: (revocation: Revocation) => void) => () => void;
  /** Ends all subscriptions and lets go of timers. Clients that the store was given stay open. */
  readonly close: () => Promise<void>;
}

/**
 * Makes tickets: single-use secrets that page code fetches over HTTP and puts in the query of its socket's URL.
 *
 * @throws {TicketsError} with every problem of the options at once
 * @example
 * const tickets = createTickets<User>({ store: redisStore({ client, subscriber: client.duplicate() }) });
 * const policy = createPolicy({ origins, token: { from: [queryParam("ticket")], verify: tickets.verify } });
 */
export function createTickets<P>(options: TicketsOptions = {}): Tickets<P> {
  checkOptions("createTickets", options, ["store", "ttl"], (read) => [
    storeProblem(read("store")),
    millisecondsProblem("ttl", read("ttl"), maxTtl, 30_000),
  ]);
  const { store = memoryStore(), ttl = 30_000 } = options;
  const listeners = new Set<{ readonly listener: (revocation: Revocation) => void }>();
  let stop: (() => void | Promise<void>) | undefined;

  async function issue(request: TicketRequest<P>): Promise<string> {
    const { principal, origin, expiresAt, id = newName(), subject, session } = checkRequest(request);
    const names = { id, subject, session };
    const seen = await store.latest(namesOf(names));
    const record: TicketRecord<P> = {
      version: 1,
      origin,
      principal,
      // grant() takes Infinity for no end; JSON has none.
      expiresAt: expiresAt === Infinity ? undefined : expiresAt,
      ...names,
      seen: seen.map((name) => name ?? null),
    };
    const ticket = newTicket();
    await store.put(hashOf(ticket), JSON.stringify(record), ttl);
    return ticket;
  }

  async function verify(
    token: string,
    { origin, signal }: Pick<TokenContext, "origin" | "signal">,
  ): Promise<Verification<P>> {
    if (!isTicket(token)) return refuse("malformed", "A ticket is 32 characters of base64url.");
    const hash = hashOf(token);
    try {
      return await orAborted(() => redeem(hash, origin), signal);
    } catch (error) {
      return refuse("unavailable", `The store of tickets failed: ${reasonOf(error, [token, hash])}`);
    }
  }

  async function redeem(hash: string, origin: string | undefined): Promise<Verification<P>> {
    const taken = await store.take(hash);
    if (taken === undefined)
      return refuse("invalid", "There is no such ticket: it was redeemed before, or is long over, or never was.");
    if ("expired" in taken)
      return refuse("expired", "It was not redeemed in time: a page should fetch one for each socket, just before it.");
    const record = readRecord<P>(taken.value);
    if (record === undefined) return refuse("unavailable", "The store gave what is no ticket of this version.");
    if (record.origin !== origin)
      return refuse("origin-mismatch", `It was issued to a page of ${quote(record.origin)}, and is used up.`);
    const latest = await store.latest(namesOf(record));
    if (latest.some((name, index) => typeof name === "string" && name !== record.seen[index]))
      return refuse("revoked", "Its subject, its session or its id was revoked after it was issued.");
    const { principal, expiresAt, id, subject, session } = record;
    if (expiresAt !== undefined && expiresAt <= Date.now())
      return refuse("expired", "What it grants has ended: its `expiresAt` is over.");
    return grant({ principal, expiresAt, id, subject, session });
  }

  async function revoke(given: Revocation): Promise<void> {
    const revocation = readRevocation(given);
    if (revocation === undefined)
      throw new TypeError(
        `revoke(): ${show(given)} is not understood. Give it exactly one name, which is not empty: { subject: user.id }, { session } or { id }.`,
      );
    await store.revoke(revocation, keep);
  }

  function deliver(revocation: Revocation): void {
    for (const { listener } of listeners) call(() => listener(revocation));
  }

  function subscribe(listener: (revocation: Revocation) => void): () => void {
    if (typeof listener !== "function")
      throw new TypeError(`subscribe(): ${show(listener)} is no function. Write subscribe((revocation) => { ... }).`);
    stop ??= store.subscribe(deliver);
    const entry = { listener };
    listeners.add(entry);
    return () => {
      if (listeners.delete(entry) && listeners.size === 0) call(unsubscribe);
    };
  }

  async function unsubscribe(): Promise<void> {
    const end = stop;
    stop = undefined;
    await end?.();
  }

  async function close(): Promise<void> {
    listeners.clear();
    await unsubscribe();
    await store.close?.();
  }

  return Object.freeze({ issue, verify, revoke, subscribe, close });
}

function storeProblem(store: unknown): string | undefined {
  if (store === undefined || hasMethods(store, ["put", "take", "revoke", "latest", "subscribe"])) return undefined;
  return `store: ${show(store)} is no store. Write store: redisStore({ client, subscriber }), or memoryStore() for one process.`;
}

/** @throws {TypeError} that names what is wrong and how to mend it */
function checkRequest<P>(request: TicketRequest<P>): TicketRequest<P> & { readonly origin: string } {
  const known = ["principal", "origin", "expiresAt", "id", "subject", "session"];
  if (typeof request !== "object" || request === null)
    throw new TypeError(
      `issue(): ${show(request)} is no object. Write issue({ principal, origin: req.get("Origin") }).`,
    );
  const [unknown] = unknownKeys("issue()", request, known);
  if (unknown !== undefined) throw new TypeError(unknown);
  const { principal, origin, expiresAt } = request;
  if (!isOrigin(origin))
    throw new TypeError(
      `issue(): origin is ${show(origin)}, which is no page's origin. Give it the Origin header of the page that asks, as it came; browsers send one with every POST, and with no GET to their own site.`,
    );
  for (const name of ["id", "subject", "session"] as const) {
    const value: unknown = request[name];
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(
        `issue(): ${name} is ${show(value)}; it must be a text that is not empty. Write String(value), or leave it out.`,
      );
  }
  // As grant() checks it: what it refused would be refused only when the ticket is redeemed.
  if (expiresAt !== undefined && !(typeof expiresAt === "number" && expiresAt >= 1e12))
    throw new TypeError(
      `issue(): expiresAt is ${show(expiresAt)}; it must be milliseconds since the epoch. For a JWT write exp * 1000.`,
    );
  if (!survivesJson(principal))
    throw new TypeError(
      "issue(): principal would not come out of JSON as it went in. Give a plain object of texts, numbers, booleans and lists, with no property that is undefined: { id: user.id, name: user.name }.",
    );
  return { ...request, origin };
}

/** What the work comes to, unless the signal is aborted first. Then what it comes to is lost. */
async function orAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  try {
    const late = new Promise<never>((_resolve, reject) => {
      stop = () => reject(new Error("the handshake was given up."));
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    return await Promise.race(signal.aborted ? [late] : [work(), late]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What an error says, unless it holds one of the secrets: what a store says often quotes what it was asked. */
function reasonOf(error: unknown, secrets: readonly string[]): string {
  if (!(error instanceof Error)) return `it threw ${show(error === null ? null : typeof error)}.`;
  const code: unknown = Reflect.get(error, "code");
  const text = typeof code === "string" && code !== "" ? `${code}: ${error.message}` : error.message;
  return secrets.some((secret) => holdsPart(text, secret)) ? `${error.name}, whose message is left out.` : text;
}

/** Whether a text holds a part of a secret that is too long to be there by chance. */
function holdsPart(text: string, secret: string): boolean {
  const length = 8;
  for (let start = 0; start + length <= secret.length; start++)
    if (text.includes(secret.slice(start, start + length))) return true;
  return false;
}

/** Calls what may throw or reject, and hears neither. */
function call(what: () => void | Promise<void>): void {
  new Promise<void>((resolve) => {
    resolve(what());
  }).catch(() => {});
}
