import { explain } from "@wsorigin/core";
import { until } from "@wsorigin/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTickets, redisStore, type RedisStoreOptions, type Revocation, type Tickets } from "../src/index.ts";
import { Gate, installed, needsRedis, RedisServer } from "./redis.ts";
import { ada, asked, type Clients, codeOf, connect, decide, hashOf, otherPage, page, type User } from "./support.ts";

needsRedis();

describe.runIf(installed).each(["redis", "ioredis"] as const)("redisStore with %s", (library) => {
  let server: RedisServer;
  let clients: Clients;
  /** The clients of another process. */
  let others: Clients;
  /** What stands before its subscriber. */
  let gate: Gate;
  /** A client that the tests look into Redis with, and that nothing is done to. */
  let observer: Clients;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    clients = await connect(library, server);
    gate = await Gate.before(server);
    others = await connect(library, server, gate);
    observer = await connect("redis", server);
    await observer.command("FLUSHALL");
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    for (const each of [clients, others, observer]) each.close();
    gate.close();
  });

  function open({ client, subscriber }: Clients, options: Partial<RedisStoreOptions> = {}): Tickets<User> {
    const tickets = createTickets<User>({ store: redisStore({ client, subscriber, ...options }) });
    closing.push(() => tickets.close());
    return tickets;
  }

  /** Cuts every subscriber off. Those of the other process do not get back until the gate is open. */
  async function cutOff(): Promise<void> {
    gate.shut = true;
    await observer.command("CLIENT", "KILL", "TYPE", "pubsub");
    await until(async () => (await subscribers()) === 0, "nobody is subscribed");
  }

  async function subscribers(): Promise<number> {
    return String(await observer.command("CLIENT", "LIST", "TYPE", "pubsub")).match(/^id=/gm)?.length ?? 0;
  }

  /** Begins to listen, and waits until it is known where from. */
  async function listen(tickets: Tickets<User>): Promise<readonly Revocation[]> {
    const heard: Revocation[] = [];
    const before = await subscribers();
    tickets.subscribe((revocation) => heard.push(revocation));
    await tickets.verify("A".repeat(32), asked());
    await until(async () => (await subscribers()) > before, "it is subscribed");
    return heard;
  }

  /** Everything that Redis holds, as text. */
  async function contents(): Promise<string> {
    const keys = await observer.command("KEYS", "*");
    const parts: string[] = [];
    for (const key of Array.isArray(keys) ? keys.map(String) : []) {
      const type = await observer.command("TYPE", key);
      const value = await (type === "stream"
        ? observer.command("XRANGE", key, "-", "+")
        : observer.command("GET", key));
      parts.push(key, JSON.stringify(value));
    }
    return parts.join("\n");
  }

  test("keeps the hash of a ticket, for a limited time, and nothing after it was redeemed", async () => {
    const tickets = open(clients, { prefix: "app:" });
    const ticket = await tickets.issue({ principal: ada, origin: page });
    const key = `app:ticket:${hashOf(ticket)}`;
    expect(await observer.command("KEYS", "*")).toEqual([key]);
    const left = Number(await observer.command("PTTL", key));
    expect(left).toBeGreaterThan(80_000);
    expect(left).toBeLessThanOrEqual(90_000);
    expect(await codeOf(decide(tickets, ticket))).toBe("origin-listed");
    expect(await observer.command("KEYS", "*")).toEqual([]);
  });

  test("remembers revocations for longer than a ticket lives, and in a stream", async () => {
    await open(clients).revoke({ subject: "ada" });
    const [mark, stream] = [await observer.command("KEYS", "*revoked:*"), "wsorigin:revocations"];
    const [key] = Array.isArray(mark) ? mark.map(String) : [];
    expect(Number(await observer.command("PTTL", key ?? ""))).toBeGreaterThan(110_000);
    expect(await observer.command("XRANGE", stream, "-", "+")).toEqual([
      [expect.any(String), ["revocation", '{"subject":"ada"}']],
    ]);
  });

  test("holds no ticket, and neither does what an operator is told", async () => {
    const tickets = open(clients);
    const others = open(clients, { timeout: 50 });
    const names = { subject: "ada", session: "s-1", id: "grant-1" };
    const issued = await Promise.all(
      Array.from({ length: 7 }, () => tickets.issue({ principal: ada, origin: page, ...names })),
    );
    const [granted = "", mismatched = "", revoked = "", unavailable = "", ...outstanding] = issued;
    const decisions = [
      await decide(tickets, granted),
      await decide(tickets, granted),
      await decide(tickets, mismatched, { origin: otherPage }),
      await decide(tickets, `${granted}x`),
    ];
    await tickets.revoke({ session: "s-1" });
    decisions.push(await decide(tickets, revoked));
    await observer.command("CLIENT", "PAUSE", "60000", "WRITE");
    decisions.push(await decide(others, unavailable));
    await observer.command("CLIENT", "UNPAUSE");
    expect(decisions.map(({ code }) => code)).toEqual([
      "origin-listed",
      "token-invalid",
      "token-origin-mismatch",
      "token-malformed",
      "token-revoked",
      "verifier-failed",
    ]);
    const told = decisions.flatMap((decision) => (decision.allowed ? JSON.stringify(decision) : explain(decision)));
    const everything = [await contents(), ...told].join("\n");
    expect(everything).toContain(hashOf(outstanding[0] ?? ""));
    for (const ticket of issued) {
      expect(everything).not.toContain(ticket);
      expect(everything).not.toContain(ticket.slice(0, 12));
      expect(told.join("\n")).not.toContain(hashOf(ticket).slice(0, 12));
    }
  });

  describe("while Redis is away", () => {
    afterEach(() => server.start());

    test("refuses with 503 meanwhile, and works again by itself", async () => {
      const tickets = open(clients, { timeout: 300 });
      const spent = await tickets.issue({ principal: ada, origin: page });
      expect(await codeOf(decide(tickets, spent))).toBe("origin-listed");
      const outstanding = await tickets.issue({ principal: ada, origin: page });

      await server.stop();
      // Answered while Redis is away: it is started again only below.
      const decision = await decide(tickets, outstanding);
      expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
      expect(explain(decision)).toMatch(/The store of tickets failed: \S/);
      await expect(tickets.issue({ principal: ada, origin: page })).rejects.toThrow(/Redis|connect|closed/i);
      await expect(tickets.revoke({ subject: "ada" })).rejects.toThrow(/Redis|connect|closed/i);

      await server.start();
      let ticket = "";
      await until(async () => {
        ticket = await tickets.issue({ principal: ada, origin: page }).catch(() => "");
        return ticket !== "";
      }, "tickets are issued again");
      expect(await codeOf(decide(tickets, ticket))).toBe("origin-listed");
      expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
      expect(await codeOf(decide(tickets, spent))).toBe("token-invalid");
      expect(await codeOf(decide(tickets, outstanding))).toBe("token-invalid");
      await server.stop();
    });

    test("leaves no command behind to run when it is back", async () => {
      const tickets = open(clients, { timeout: 300 });
      await tickets.issue({ principal: ada, origin: page });
      await server.stop();
      await until(
        async () => explain(await decide(tickets, "A".repeat(32))).includes("is not connected"),
        "the client knows that it is not connected",
      );
      await Promise.all(
        Array.from({ length: 20 }, () => tickets.issue({ principal: ada, origin: page }).catch(() => {})),
      );
      await server.start();
      await until(async () => (await codeOf(decide(tickets, "A".repeat(32)))) === "token-invalid", "it is back");
      await until(async () => (await observer.command("PING")) === "PONG", "the observer is back");
      expect(await observer.command("KEYS", "*")).toEqual([]);
      await server.stop();
    });
  });

  test("a redemption that never got to Redis is not made up for: the ticket is still there, for one", async () => {
    const cut = await connect(library, gate);
    closing.push(async () => cut.close());
    const tickets = open(cut, { timeout: 300 });
    const ticket = await tickets.issue({ principal: ada, origin: page });
    gate.shut = true;
    gate.cut();
    await until(
      async () => explain(await decide(tickets, "A".repeat(32))).includes("is not connected"),
      "the client knows that it is not connected",
    );
    expect(await decide(tickets, ticket)).toMatchObject({ code: "verifier-failed", status: 503 });
    gate.shut = false;
    await until(async () => (await codeOf(decide(tickets, "A".repeat(32)))) === "token-invalid", "it is connected");
    expect(await codeOf(decide(tickets, ticket))).toBe("origin-listed");
    expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
  });

  test("a redemption that is answered too late grants nothing, then or later", async () => {
    const tickets = open(clients, { timeout: 300 });
    const ticket = await tickets.issue({ principal: ada, origin: page });
    await observer.command("CLIENT", "PAUSE", "60000", "WRITE");
    const decision = await decide(tickets, ticket);
    expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
    expect(explain(decision)).toContain("has had no answer, after 300 ms");
    await observer.command("CLIENT", "UNPAUSE");
    await until(async () => (await observer.command("EXISTS", `wsorigin:ticket:${hashOf(ticket)}`)) === 0, "it ran");
    expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
  });

  test("an aborted signal ends the wait, and the ticket is used up", async () => {
    const tickets = open(clients, { timeout: 10_000 });
    const ticket = await tickets.issue({ principal: ada, origin: page });
    await observer.command("CLIENT", "PAUSE", "60000", "WRITE");
    const controller = new AbortController();
    const asked = tickets.verify(ticket, { origin: page, signal: controller.signal });
    controller.abort();
    expect(await asked).toMatchObject({ code: "verifier-failed", note: expect.stringContaining("was aborted") });
    await observer.command("CLIENT", "UNPAUSE");
    expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
  });

  test("what Redis refuses is told by its own words", async () => {
    const tickets = open(clients);
    const ticket = await tickets.issue({ principal: ada, origin: page });
    await observer.command("DEL", `wsorigin:ticket:${hashOf(ticket)}`);
    await observer.command("LPUSH", `wsorigin:ticket:${hashOf(ticket)}`, "no text");
    expect(explain(await decide(tickets, ticket))).toContain("The store of tickets failed: WRONGTYPE");
  });

  test.each(["no JSON", "null", "{}", '{"version":2,"origin":"https://app.example","id":"x","seen":[]}'])(
    "a value that is no ticket is refused with 503: %s",
    async (value) => {
      const ticket = "A".repeat(32);
      await observer.command("SET", `wsorigin:ticket:${hashOf(ticket)}`, value, "PX", "90000");
      const decision = await decide(open(clients), ticket);
      expect(decision).toMatchObject({ code: "verifier-failed" });
      expect(explain(decision)).toContain("not a ticket of this version");
    },
  );

  describe("revocations", () => {
    test("that were published while a subscriber was cut off reach it when it is connected again", async () => {
      const here = open(clients);
      const heard = await listen(open(others));
      await cutOff();
      await here.revoke({ session: "s-1" });
      expect(await subscribers()).toBe(0);
      expect(heard).toEqual([]);
      gate.shut = false;
      await until(() => heard.length > 0, "it has heard");
      expect(heard).toEqual([{ session: "s-1" }]);
      await here.revoke({ subject: "ada" });
      await until(() => heard.length > 1, "it hears as before");
      expect(heard).toEqual([{ session: "s-1" }, { subject: "ada" }]);
    });

    test("are many: all are told, in order, each once", async () => {
      const here = open(clients, { timeout: 10_000 });
      const heard = await listen(open(others, { timeout: 10_000 }));
      await cutOff();
      const revocations = Array.from({ length: 1200 }, (_, index) => ({ id: `grant-${index}` }));
      await Promise.all(revocations.map((revocation) => here.revoke(revocation)));
      gate.shut = false;
      await until(() => heard.length >= revocations.length, "it has heard", 10_000);
      await here.revoke({ id: "last" });
      await until(() => heard.at(-1)?.id === "last", "it hears as before");
      expect(heard).toStrictEqual([...revocations, { id: "last" }]);
    });

    test("that were made before a process began are none of its own", async () => {
      await open(clients).revoke({ subject: "ada" });
      const heard = await listen(open(others));
      await open(clients).revoke({ subject: "Grace" });
      await until(() => heard.length > 0, "it has heard");
      expect(heard).toEqual([{ subject: "Grace" }]);
    });

    test("are told on where Redis has lost what it held", async () => {
      const here = open(clients);
      const heard = await listen(open(others));
      await here.revoke({ subject: "ada" });
      await until(() => heard.length === 1, "it has heard");
      await observer.command("DEL", "wsorigin:revocations");
      // As of a server whose clock is behind.
      await observer.command("XADD", "wsorigin:revocations", "1-1", "revocation", '{"subject":"Grace"}');
      await observer.command("XADD", "wsorigin:revocations", "1-2", "revocation", "no JSON");
      await here.revoke({ subject: "Alan" });
      await until(() => heard.length >= 3, "it has heard");
      expect(heard).toEqual([{ subject: "ada" }, { subject: "Grace" }, { subject: "Alan" }]);
    });

    test("reach a process that subscribed before it was connected", async () => {
      const here = open(clients);
      await server.stop();
      const heard: Revocation[] = [];
      const there = open(others);
      there.subscribe((revocation) => heard.push(revocation));
      await server.start();
      await until(async () => (await codeOf(decide(there, "A".repeat(32)))) === "token-invalid", "it is connected");
      await until(async () => {
        await here.revoke({ subject: "ada" }).catch(() => {});
        return heard.length > 0;
      }, "it has heard");
      expect(heard[0]).toEqual({ subject: "ada" });
    });

    test("need a subscriber, and nothing else does", async () => {
      const { client } = clients;
      const tickets = createTickets<User>({ store: redisStore({ client }) });
      expect(() => tickets.subscribe(() => {})).toThrow("subscriber: client.duplicate()");
      const ticket = await tickets.issue({ principal: ada, origin: page, subject: "ada" });
      await tickets.revoke({ subject: "ada" });
      expect(await codeOf(decide(tickets, ticket))).toBe("token-revoked");
      await tickets.close();
    });
  });

  test("closing leaves the clients open, and no channel", async () => {
    const tickets = open(clients);
    await listen(tickets);
    await tickets.close();
    expect(await observer.command("PUBSUB", "CHANNELS")).toEqual([]);
    expect(await clients.command("PING")).toBe("PONG");
  });
});
