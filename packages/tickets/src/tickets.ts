import {
  type Granted,
  grant,
  quote,
  raceAbort,
  redact,
  refuse,
  type TokenContext,
  type Verification,
} from "@wsorigin/core";
import { checkOptions, hasMethods, invalid, millisecondsProblem, type Names, show, unknownKeys } from "./check.ts";
import type { TicketsIssue } from "./errors.ts";
import { foundElsewhere, memoryStore } from "./memory-store.ts";
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
  /** Where tickets are stored. Defaults to `memoryStore()`, which works for one process; use `redisStore()` for more than one. */
  readonly store?: TicketStore;
  /** How long a ticket can be redeemed, in milliseconds: from 1 to 60000. Defaults to 30000. */
  readonly ttl?: number;
}

const optionNames: Names<TicketsOptions> = { store: true, ttl: true };
const unknownTicket = "Unknown ticket: it was redeemed before, expired long ago, or was never issued.";

/** What a ticket grants, and the origin that it is bound to. */
export interface TicketRequest<P> extends Granted<P> {
  /** The Origin header of the request for the ticket, as it came. The ticket opens sockets for pages of this origin only. */
  readonly origin: string | undefined;
}

/** Issues, verifies and revokes tickets. Frozen; each method works unbound. */
export interface Tickets<P> {
  /**
   * Issues a ticket: 192 random bits, of which the store keeps only a SHA-256 hash. Call it behind the app's own login: a ticket opens one socket as
   * its principal.
   *
   * Rejects with a `TypeError` if a name is not a string, `expiresAt` is not a time in milliseconds, `origin` is not the origin of a page, or JSON
   * would change the principal. Rejects with the store's own error if the store is unavailable or full: respond with 503.
   */
  readonly issue: (request: TicketRequest<P>) => Promise<string>;
  /**
   * For the `verify` of a policy. Grants a ticket once, however many handshakes use it at the same time, and only to the origin that it was issued to.
   * Never rejects. A ticket from another origin is refused and used up: its page has to fetch another one.
   */
  readonly verify: (token: string, context: Pick<TokenContext, "origin" | "signal">) => Promise<Verification<P>>;
  /**
   * Revokes everything of a subject or a session, or the one grant of an id. Once it resolves, no process grants a ticket that was issued before;
   * subscribers in every process are called, at once if they are connected. Tickets that are issued afterwards are not affected.
   *
   * Rejects with a `TypeError` unless there is exactly one name, a string that is not empty. Rejects with the store's own error if the store is
   * unavailable: the revocation may have happened or not, so call it again.
   */
  readonly revoke: (revocation: Revocation) => Promise<void>;
  /**
   * Calls a listener for every revocation from now on, by this process or another. Errors of the listener are ignored.
   *
   * @returns a function that ends the subscription
   * @throws {Error} if the store cannot subscribe
   */
  readonly subscribe: (listener: (revocation: Revocation) => void) => () => void;
  /** Ends all subscriptions and timers. The app's own clients stay open. */
  readonly close: () => Promise<void>;
}

/**
 * Creates the issuer of tickets: single-use secrets that page code fetches over HTTP and puts in the query of its socket's URL.
 *
 * @throws {TicketsError} with every problem of the options at once
 * @example
 * const tickets = createTickets<User>({ store: redisStore({ client, subscriber: client.duplicate() }) });
 * const policy = createPolicy({ origins, token: { from: [queryParam("ticket")], verify: tickets.verify } });
 */
export function createTickets<P>(options: TicketsOptions = {}): Tickets<P> {
  checkOptions("createTickets", options, optionNames, (read) => [
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
      // grant() accepts Infinity for no expiry; JSON does not have it.
      expiresAt: expiresAt === Infinity ? undefined : expiresAt,
      ...names,
      seen: seen.map((name) => name ?? null),
    };
    const ticket = newTicket();
    await store.put(hashOf(ticket), JSON.stringify(record), ttl);
    return ticket;
  }

  async function verify(token: string, context: Pick<TokenContext, "origin" | "signal">): Promise<Verification<P>> {
    if (!isTicket(token)) return refuse("malformed", "A ticket is 32 characters of base64url.");
    const hash = hashOf(token);
    const { origin, signal } = context;
    const aborted = refuse("unavailable", "The handshake was aborted before the ticket was verified.");
    // A ticket that is taken is used up.
    if (signal.aborted) return aborted;
    try {
      return await raceAbort(redeem(hash, origin), signal);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return aborted;
      return refuse("unavailable", `The store of tickets failed: ${redact(redact(reasonOf(error), token), hash)}`);
    }
  }

  async function redeem(hash: string, origin: string | undefined): Promise<Verification<P>> {
    const taken = await store.take(hash);
    if (taken === undefined) return refuse("invalid", foundElsewhere(store, hash) ?? unknownTicket);
    if ("expired" in taken)
      return refuse("expired", "It was not redeemed in time: a page should fetch one for each socket, just before it.");
    const record = readRecord<P>(taken.value);
    if (record === undefined)
      return refuse("unavailable", "The store returned a value that is not a ticket of this version.");
    if (record.origin !== origin)
      return refuse("origin-mismatch", `It was issued to a page of ${quote(record.origin)}, and is now used up.`);
    const latest = await store.latest(namesOf(record));
    if (latest.some((name, index) => typeof name === "string" && name !== record.seen[index]))
      return refuse("revoked", "Its subject, its session or its id was revoked after it was issued.");
    const { principal, expiresAt, id, subject, session } = record;
    if (expiresAt !== undefined && expiresAt <= Date.now())
      return refuse("expired", "The grant has ended: its `expiresAt` has passed.");
    return grant({ principal, expiresAt, id, subject, session });
  }

  async function revoke(given: Revocation): Promise<void> {
    const revocation = readRevocation(given);
    if (revocation === undefined)
      throw new TypeError(
        `revoke(): ${show(given)} is invalid. Pass exactly one name that is not empty: { subject: user.id }, { session } or { id }.`,
      );
    await store.revoke(revocation, keep);
  }

  function deliver(revocation: Revocation): void {
    for (const { listener } of listeners) call(() => listener(revocation));
  }

  function subscribe(listener: (revocation: Revocation) => void): () => void {
    if (typeof listener !== "function")
      throw new TypeError(
        `subscribe(): ${show(listener)} is not a function. Write subscribe((revocation) => { ... }).`,
      );
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

function storeProblem(store: unknown): TicketsIssue | undefined {
  if (store === undefined || hasMethods(store, ["put", "take", "revoke", "latest", "subscribe"])) return undefined;
  return invalid(
    "store",
    `store: ${show(store)} is not a store. Write store: redisStore({ client, subscriber }), or memoryStore() for one process.`,
  );
}

const requestNames: Names<TicketRequest<unknown>> = {
  principal: true,
  origin: true,
  expiresAt: true,
  id: true,
  subject: true,
  session: true,
};

/** @throws {TypeError} that says what is wrong and how to fix it */
function checkRequest<P>(request: TicketRequest<P>): TicketRequest<P> & { readonly origin: string } {
  if (typeof request !== "object" || request === null)
    throw new TypeError(
      `issue(): ${show(request)} is not an object. Write issue({ principal, origin: req.get("Origin") }).`,
    );
  const [unknown] = unknownKeys("issue()", request, requestNames);
  if (unknown !== undefined) throw new TypeError(unknown.message);
  const { principal, origin, expiresAt } = request;
  if (!isOrigin(origin))
    throw new TypeError(
      `issue(): origin is ${show(origin)}, which is not the origin of a page. Pass the request's Origin header as it came; browsers send it with every POST, but not with a GET to the same site.`,
    );
  for (const name of ["id", "subject", "session"] as const) {
    const value: unknown = request[name];
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(
        `issue(): ${name} is ${show(value)}; it must be a string that is not empty. Write String(value), or leave it out.`,
      );
  }
  // The same check as in grant(), which would fail only when the ticket is redeemed.
  if (expiresAt !== undefined && !(typeof expiresAt === "number" && expiresAt >= 1e12))
    throw new TypeError(
      `issue(): expiresAt is ${show(expiresAt)}; it must be milliseconds since the epoch. For a JWT write exp * 1000.`,
    );
  if (!survivesJson(principal))
    throw new TypeError(
      "issue(): principal would be changed by JSON. Pass a plain object of strings, numbers, booleans and lists, without undefined properties: { id: user.id, name: user.name }.",
    );
  return { ...request, origin };
}

/** The message of an error, with its code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${show(error === null ? null : typeof error)}.`;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" && code !== "" ? `${code}: ${error.message}` : error.message;
}

/** Calls a function and ignores its errors and rejections. */
function call(what: () => void | Promise<void>): void {
  new Promise<void>((resolve) => {
    resolve(what());
  }).catch(() => {});
}
