import { ConfigurationError, explain } from "@wsorigin/core";
import { until } from "@wsorigin/testing";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { createTickets, memoryStore, redisStore, TicketsError, type TicketStore } from "../src/index.ts";
import { ada, asked, decide, hashOf, page, Redis, type User } from "./support.ts";

/** The error of a function that must throw one. */
function thrownBy(make: () => unknown): TicketsError {
  try {
    make();
  } catch (error) {
    if (error instanceof TicketsError) return error;
    throw error;
  }
  throw new Error("It threw nothing.");
}

/** The problems that a function throws, in words; none if it throws nothing. */
function issuesOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof TicketsError) return error.issues.map(({ message }) => message);
    throw error;
  }
  return [];
}

/** Options as plain JavaScript can have them. */
const wrong = (options: unknown): never => options as never;

describe("what is refused at construction", () => {
  test.each([0, -1, 60_001, NaN, Infinity, "30s", null])("ttl: %s", (ttl) => {
    const [issue, ...more] = issuesOf(() => createTickets({ ttl: wrong(ttl) }));
    expect(issue).toMatch(/^ttl: .* It must be milliseconds from 1 to 60000\. Write ttl: 30000\.$/);
    expect(more).toEqual([]);
  });

  test.each([1, 30_000, 60_000])("not ttl: %s", (ttl) => {
    expect(issuesOf(() => createTickets({ ttl }))).toEqual([]);
  });

  test("every problem at once", () => {
    expect(issuesOf(() => createTickets(wrong({ ttl: 0, store: {}, tll: 1 })))).toEqual([
      'createTickets: Unknown option "tll". Valid options: store, ttl.',
      "store: an object is not a store. Write store: redisStore({ client, subscriber }), or memoryStore() for one process.",
      "ttl: 0 is invalid. It must be milliseconds from 1 to 60000. Write ttl: 30000.",
    ]);
    expect(issuesOf(() => createTickets(wrong([])))).toEqual([
      "createTickets takes an object. Write createTickets({ store: ... }).",
    ]);
    expect(() => createTickets(wrong({ ttl: 0, store: 1 }))).toThrow(/^2 problems:\n {2}1\. store.*\n {2}2\. ttl/);
  });

  test("of a memory store", () => {
    for (const maxTickets of [0, 1.5, -1, "10", null])
      expect(issuesOf(() => memoryStore({ maxTickets: wrong(maxTickets) }))).toEqual([
        expect.stringContaining("It must be a whole number above 0. Write maxTickets: 10000."),
      ]);
    for (const name of ["", 1, null])
      expect(issuesOf(() => memoryStore({ name: wrong(name) }))).toEqual([
        expect.stringContaining('It must be a string that is not empty. Write name: "tickets".'),
      ]);
    expect(issuesOf(() => memoryStore(wrong({ max: 1 })))).toEqual([expect.stringContaining('Unknown option "max"')]);
  });

  test("of a Redis store", () => {
    const client = createClient();
    expect(issuesOf(() => redisStore({ client }))).toEqual([]);
    expect(issuesOf(() => redisStore({ client, subscriber: client.duplicate(), prefix: "", timeout: 1 }))).toEqual([]);
    expect(issuesOf(() => redisStore({ client, subscriber: client }))).toEqual([
      "subscriber is the client itself, and a connection that subscribes accepts no other commands. Write subscriber: client.duplicate().",
    ]);
    expect(
      issuesOf(() => redisStore(wrong({ client: "redis://x", subscriber: {}, prefix: 1, timeout: 10_001, url: "" }))),
    ).toEqual([
      'redisStore: Unknown option "url". Valid options: client, subscriber, prefix, timeout.',
      'client: "redis://x" is not a client of redis or ioredis. Write client: createClient({ url }), or client: new Redis(url).',
      "subscriber: an object is not a client of redis or ioredis. Write subscriber: client.duplicate().",
      'prefix: 1 is not a string. Write prefix: "wsorigin:".',
      "timeout: 10001 is invalid. It must be milliseconds from 1 to 10000. Write timeout: 2000.",
    ]);
  });
});

test("each problem has a code and an entry", () => {
  const client = createClient();
  const all = [
    () => createTickets(wrong({ ttl: 0, store: {}, tll: 1 })),
    () => createTickets(wrong(1)),
    () => memoryStore(wrong({ maxTickets: 0 })),
    () => redisStore(wrong({ subscriber: {}, prefix: 1, timeout: 0 })),
    () => redisStore({ client, subscriber: client }),
  ].map(thrownBy);
  for (const error of all) {
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ name: "TicketsError", code: "ERR_WSORIGIN_TICKETS" });
  }
  expect(all.map(({ issues }) => issues.map(({ code, entry }) => `${code}: ${entry}`))).toEqual([
    ["option-unknown: tll", "option-invalid: store", "option-invalid: ttl"],
    ["option-invalid: options"],
    ["option-invalid: maxTickets"],
    ["option-missing: client", "option-invalid: subscriber", "option-invalid: prefix", "option-invalid: timeout"],
    ["option-incoherent: subscriber"],
  ]);
});

describe("what issue() refuses", () => {
  const tickets = createTickets<unknown>();

  class Person {
    readonly name = "Ada";
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  test.each<[string, unknown]>([
    ["a Date", { since: new Date() }],
    ["a Map", new Map([["name", "Ada"]])],
    ["an object of a class", new Person()],
    ["a property that is undefined", { name: undefined }],
    ["NaN", { age: NaN }],
    ["a BigInt", 1n],
    ["a function", () => ada],
    ["a cycle", cyclic],
    ["a Buffer", Buffer.from("Ada")],
  ])("a principal that JSON changes: %s", async (_what, principal) => {
    await expect(tickets.issue({ principal, origin: page })).rejects.toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining("would be changed by JSON") }),
    );
  });

  test.each([
    undefined,
    "",
    "null",
    "app.example",
    "https://app.example/",
    "https://app.example:443",
    "https://APP.example",
    "HTTPS://app.example",
    "https://user@app.example",
    "https://app.example/chat",
    "https://a.example https://b.example",
    "https://bücher.example",
    "https:app.example",
    "https://",
    "javascript:alert(1)",
    `https://${"a".repeat(600)}.example`,
  ])("an origin that is no page's: %s", async (origin) => {
    await expect(tickets.issue({ principal: ada, origin })).rejects.toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining("as it came") }),
    );
  });

  test.each([
    page,
    "http://localhost:3000",
    "https://[::1]:8443",
    "https://xn--bcher-kva.example",
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop",
  ])("not %s", async (origin) => {
    const ticket = await tickets.issue({ principal: ada, origin });
    expect(await tickets.verify(ticket, asked(origin))).toMatchObject({ principal: ada });
  });

  test.each<[string, object]>([
    ["an id", { id: 1 }],
    ["an empty subject", { subject: "" }],
    ["a session", { session: null }],
    ["expiresAt in seconds", { expiresAt: 1_700_000_000 }],
    ["expiresAt", { expiresAt: NaN }],
    ["expiresAt as a text", { expiresAt: "2030-01-01" }],
    ["what it does not know", { expires: 1 }],
  ])("%s", async (_what, more) => {
    await expect(tickets.issue({ principal: ada, origin: page, ...more })).rejects.toThrow(TypeError);
  });

  test("no object", async () => {
    await expect(tickets.issue(wrong(undefined))).rejects.toThrow("is not an object");
  });
});

test.each([undefined, null, "ada", {}, { subject: "" }, { subject: 1 }, { user: "ada" }, { subject: "a", id: "b" }])(
  "revoke(%j) is refused",
  async (revocation) => {
    await expect(createTickets().revoke(wrong(revocation))).rejects.toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining("exactly one name") }),
    );
  },
);

test("subscribe() is refused without a function", () => {
  expect(() => createTickets().subscribe(wrong(undefined))).toThrow(TypeError);
});

describe("a store of one's own", () => {
  /** One that fails when it is to take a ticket. */
  function failing(fail: (hash: string) => unknown): TicketStore {
    const take = async (hash: string): Promise<never> => Promise.reject(fail(hash));
    return Object.assign(memoryStore(), { take });
  }

  test.each<[string, (hash: string) => unknown, string]>([
    ["an error", () => new Error("the disk is full"), "The store of tickets failed: the disk is full"],
    ["an error with a code", () => Object.assign(new Error("away"), { code: "EAWAY" }), "failed: EAWAY: away"],
    ["a text", () => "away", 'failed: it threw "string".'],
    [
      "an error that quotes the hash",
      (hash) => new RangeError(`no ${hash}`),
      "The store of tickets failed: [redacted: the text contains part of the token]",
    ],
    [
      "an error that quotes a part",
      (hash) => new Error(`no ${hash.slice(9, 20)}...`),
      "The store of tickets failed: [redacted: the text contains part of the token]",
    ],
  ])("that rejects with %s: 503, and a note that gives nothing away", async (_what, fail, note) => {
    const tickets = createTickets<User>({ store: failing(fail) });
    const ticket = "Abcdefgh".repeat(4);
    const decision = await decide(tickets, ticket);
    expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
    expect(explain(decision)).toContain(note);
    expect(explain(decision)).not.toContain(hashOf(ticket).slice(9, 20));
  });

  test("that throws, or answers nonsense, is 503 as well", async () => {
    const throwing = (): never => {
      throw new Error("on purpose");
    };
    for (const take of [throwing, async () => null, async () => "value", async () => ({})]) {
      const tickets = createTickets<User>({ store: Object.assign(memoryStore(), { take: wrong(take) }) });
      expect(await decide(tickets, "A".repeat(32))).toMatchObject({ code: "verifier-failed", status: 503 });
    }
  });

  test("that never answers is given up with the handshake", async () => {
    const take = (): Promise<never> => new Promise(() => {});
    const tickets = createTickets<User>({ store: Object.assign(memoryStore(), { take }) });
    const verdict = await tickets.verify("A".repeat(32), { origin: page, signal: AbortSignal.timeout(20) });
    expect(verdict).toMatchObject({ code: "verifier-failed" });
  });

  test("is not asked about what is no ticket", async () => {
    const tickets = createTickets<User>({ store: failing(() => new Error("it was asked")) });
    for (const token of ["", "x", "A".repeat(31), "A".repeat(33), `${"A".repeat(31)}=`, `${"A".repeat(31)}\n`])
      expect(await tickets.verify(token, asked())).toMatchObject({ code: "token-malformed" });
  });
});

test("a client that never was connected: 503, with what is wrong", async () => {
  for (const client of [createClient(), new Redis({ port: 1, retryStrategy: () => null, lazyConnect: true })]) {
    client.on("error", () => {});
    if (client instanceof Redis) {
      await client.connect().catch(() => {});
      await until(() => client.status === "end", "it has given up");
    }
    const tickets = createTickets<User>({ store: redisStore({ client, timeout: 20 }) });
    expect(explain(await decide(tickets, "A".repeat(32)))).toContain("the Redis client is not connected, after 20 ms.");
  }
});
