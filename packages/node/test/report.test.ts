import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { until } from "@wsorigin/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createPolicy, type DecisionEvent, explain } from "../src/index.ts";
import { echo, evil, page, SlowDirectory, start, startServer, statusOf } from "./support.ts";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";

const strict = createPolicy({ origins: ["https://strict.example"] });

afterEach(() => void vi.useRealTimers());

describe("an event", () => {
  test("is frozen, says who, where, how and how long, and is the very one on the channel", async () => {
    const published: [unknown, unknown][] = [];
    const listen = (message: unknown, name: unknown): void => void published.push([message, name]);
    subscribe("wsorigin:decision", listen);
    try {
      const { gate, target, event, events } = await start();
      gate.route("/chat/:room", echo);
      await statusOf(target, { path: "/chat/lobby?ticket=secret", origin: evil, headers: [["Cookie", "sid=secret"]] });
      const first = await event(0);
      expect(first).toEqual({
        decision: { allowed: false, code: "origin-not-listed", status: 403, origin: evil },
        route: "/chat/:room",
        ip: "127.0.0.1",
        ms: expect.any(Number),
        mode: "enforce",
      });
      expect(first.ms).toBeGreaterThanOrEqual(0);
      expect(Object.isFrozen(first)).toBe(true);
      expect(JSON.stringify(first) + explain(first.decision)).not.toContain("secret");
      await statusOf(target, { path: "/nowhere" });
      await statusOf(target, { path: "/chat/lobby" });
      await event(2);
      expect(published.map(([message]) => message)).toEqual(events);
      for (const [index, [message, name]] of published.entries()) {
        expect(message).toBe(events[index]);
        expect(name).toBe("wsorigin:decision");
      }
    } finally {
      unsubscribe("wsorigin:decision", listen);
    }
  });

  test('is one for each upgrade, in mode "report" where the policy only reports', async () => {
    const { gate, target, events } = await start({ policy: createPolicy({ origins: [page], mode: "report" }) });
    gate.route("/chat", echo).route("/shut", { policy: strict }, echo);
    expect(await statusOf(target, { path: "/chat" })).toBe(101);
    expect(await statusOf(target, { path: "/chat", origin: evil })).toBe(101);
    expect(await statusOf(target, { path: "/shut", origin: evil })).toBe(403);
    expect(events.map(({ decision, mode, route }) => [decision.code, mode, route])).toEqual([
      ["origin-listed", "report", "/chat"],
      ["origin-not-listed", "report", "/chat"],
      ["origin-not-listed", "enforce", "/shut"],
    ]);
  });

  test("of what was handed on is told once it is answered, or gone", async () => {
    const sockets: Duplex[] = [];
    const { target, events, event } = await startServer({
      server: createServer(),
      after: (server) => void server.on("upgrade", (_request, socket: Duplex) => void sockets.push(socket)),
    });
    const answered = statusOf(target);
    await until(() => sockets.length === 1, "it is handed on");
    expect(events).toEqual([]);
    sockets[0]?.end("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n");
    expect(await answered).toBe(418);
    expect(await event(0)).toMatchObject({ decision: { code: "origin-listed" }, mode: "enforce" });
    const dropped = statusOf(target);
    await until(() => sockets.length === 2, "it is handed on");
    sockets[1]?.destroy();
    expect(await dropped).toBeUndefined();
    expect(await event(1)).toMatchObject({ decision: { code: "origin-listed" } });
    expect(events).toHaveLength(2);
  });
});

describe("a second policy that reports", () => {
  test("is told of beside the one in force, and changes nothing", async () => {
    const { gate, target, event } = await start({ report: strict });
    gate.route("/", echo);
    expect(await statusOf(target)).toBe(101);
    expect(await event(0)).toMatchObject({
      decision: { code: "origin-listed" },
      mode: "enforce",
      reported: { allowed: false, code: "origin-not-listed", origin: page },
    });
    expect(await statusOf(target, { origin: "https://strict.example" })).toBe(403);
    expect(await event(1)).toMatchObject({
      decision: { code: "origin-not-listed" },
      reported: { allowed: true, code: "origin-listed" },
    });
    expect(Object.isFrozen(await event(1))).toBe(true);
  });

  test("is not waited for: the socket opens, the event comes at its deadline", async () => {
    const directory = new SlowDirectory();
    const { gate, target, event, events } = await start({ report: createPolicy({ directory }), deadline: 1000 });
    gate.route("/", echo);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    expect(await statusOf(target)).toBe(101);
    vi.advanceTimersByTime(999);
    await turn();
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await event(0)).toMatchObject({
      decision: { code: "origin-listed" },
      reported: { code: "directory-failed" },
    });
    expect(directory.signals[0]?.aborted).toBe(true);
  });

  test("is not asked where the handshake gets no further than the gate's own checks", async () => {
    const { gate, target, event } = await start({ report: strict });
    gate.route("/", echo);
    await statusOf(target, { omit: ["sec-websocket-key"] });
    expect(await event(0)).not.toHaveProperty("reported");
  });

  test("that rejects, as none made by createPolicy does, changes nothing, not even long before the decision", async () => {
    const broken = { ...strict, decide: () => Promise.reject(new Error("broken")) };
    const directory = new SlowDirectory();
    const { gate, target, event, errors } = await start({ policy: createPolicy({ directory }), report: broken });
    gate.route("/", echo);
    const status = statusOf(target);
    await directory.asked();
    // An unhandled rejection is one at the end of the turn.
    await turn();
    directory.answer(true);
    expect(await status).toBe(101);
    expect((await event(0)).decision.code).toBe("origin-in-directory");
    expect(await event(0)).not.toHaveProperty("reported");
    expect(errors).toMatchObject([[{ message: "broken" }, "the policy that reports"]]);
  });
});

describe('a policy in mode "report"', () => {
  test("lets through what it cannot decide in half of the deadline", async () => {
    const directory = new SlowDirectory();
    const { gate, target, event } = await start({
      policy: createPolicy({ directory, mode: "report" }),
      deadline: 1000,
    });
    gate.route("/", echo);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const status = statusOf(target);
    await directory.asked();
    vi.advanceTimersByTime(500);
    expect(await status).toBe(101);
    expect(await event(0)).toMatchObject({ decision: { code: "directory-failed" }, mode: "report" });
  });
});

describe("the log", () => {
  test("writes each code, Origin and Host once a minute, then how many were left out", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    const texts: string[] = [];
    const { gate, target, event } = await start({
      log: (text) => void texts.push(text),
      facts: () => ({ ip: 'a"b\u001b' }),
    });
    gate.route("/chat", echo);
    const ask = async (...origins: readonly string[]): Promise<void> => {
      for (const origin of origins) await statusOf(target, { path: "/chat", origin });
    };
    await ask(page, evil, evil, "https://other.test", "null");
    const { decision } = await event(1);
    const where = '  where:    route /chat, client "a\\"b\\u001b"';
    expect(texts).toEqual([
      `[wsorigin] ${explain(decision)}\n${where}`,
      expect.stringContaining('Origin "https://other.test"'),
      expect.stringContaining("origin-opaque (403)"),
    ]);

    vi.advanceTimersByTime(59_999);
    await ask(evil);
    expect(texts).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(texts.slice(3)).toEqual([
      "[wsorigin] Not logged in the last minute, because they repeat or exceed 100 entries: origin-not-listed 2",
    ]);
    await ask(evil);
    expect(texts[4]).toContain(`Origin "${evil}"`);
    await statusOf(target, { path: "/chat", origin: evil, hostHeader: "other.example" });
    expect(texts[5]).toContain(`Origin "${evil}"`);
  });

  test("writes at most 100 entries a minute, each at most 6 kB, whatever clients send", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    const texts: string[] = [];
    const { gate, target } = await start({ log: (text) => void texts.push(text) });
    gate.route("/chat", echo);
    const junk = "\u009b\u00ad".repeat(1000);
    for (let index = 0; index < 130; index++) await statusOf(target, { path: "/chat", origin: `${index}${junk}` });
    expect(texts).toHaveLength(100);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(6000);
    expect(texts.filter((text) => /[^\n\x20-\x7e]/.test(text))).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(texts[100]).toContain("origin-malformed 30");
  });

  test("tells what was only reported apart from what was refused", async () => {
    const texts: string[] = [];
    const { gate, target } = await start({
      log: (text) => void texts.push(text),
      policy: createPolicy({ origins: [page], mode: "report" }),
      report: strict,
    });
    gate.route("/", echo).route("/shut", { policy: createPolicy({ origins: [] }) }, echo);
    await statusOf(target);
    await statusOf(target, { path: "/shut" });
    await until(() => texts.length === 2, "both are written");
    expect(texts[0]).toContain('client "127.0.0.1"; reported only, let through');
    expect(texts[1]).not.toContain("reported only");
  });

  test("says nothing of what was allowed", async () => {
    const texts: string[] = [];
    const { gate, target, event } = await start({ log: (text) => void texts.push(text) });
    gate.route("/", echo);
    await statusOf(target);
    await event(0);
    expect(texts).toEqual([]);
  });
});

describe("what subscribers throw", () => {
  test("goes to onError with who threw it, and changes nothing", async () => {
    const seen: unknown[] = [];
    const listen = (): void => {
      throw new Error("subscriber");
    };
    subscribe("wsorigin:decision", listen);
    try {
      const { gate, target, errors } = await start({
        async onDecision(event: DecisionEvent) {
          seen.push(event);
          throw new Error("decision");
        },
        log() {
          throw new Error("log");
        },
      });
      gate.route("/", echo);
      expect(await statusOf(target, { origin: evil })).toBe(403);
      await until(() => errors.length === 3, "all three are told of");
      expect(
        errors
          .map(([error, where]) => [error instanceof Error && error.message, where])
          .toSorted(([one], [other]) => String(one).localeCompare(String(other))),
      ).toEqual([
        ["decision", "onDecision"],
        ["log", "log"],
        ["subscriber", "a subscriber of wsorigin:decision"],
      ]);
      expect(await statusOf(target)).toBe(101);
    } finally {
      unsubscribe("wsorigin:decision", listen);
    }
  });
});
