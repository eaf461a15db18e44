import { beginHandshake, handshake, until } from "@wsorigin/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createPolicy } from "../src/index.ts";
import { echo, evil, open, page, SlowDirectory, start, startServer, statusOf } from "./support.ts";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";

afterEach(() => void vi.useRealTimers());

describe("maxFailures", () => {
  const limit = { count: 2, seconds: 60 };

  test("counts 400, 401 and 403, and nothing else", async () => {
    const shut = createPolicy({ origins: [page], directory: { has: () => Promise.reject(new Error("down")) } });
    const { gate, target, events } = await start({
      maxFailures: { count: 1, seconds: 60 },
      unrouted: "refuse",
    });
    gate.route("/chat", echo).route("/down", { policy: shut }, echo);
    const statuses = [
      await statusOf(target, { path: "/chat" }),
      await statusOf(target, { path: "/nowhere" }),
      await statusOf(target, {
        path: "/chat",
        omit: ["sec-websocket-version"],
        headers: [["Sec-WebSocket-Version", "8"]],
      }),
      await statusOf(target, { path: "/chat", omit: ["upgrade"] }),
      await statusOf(target, { path: "/down", origin: evil }),
      await statusOf(target, { path: "/chat", origin: evil }),
      await statusOf(target, { path: "/chat" }),
    ];
    expect(statuses).toEqual([101, 404, 426, 426, 503, 403, 429]);
    expect(events.at(-1)?.decision.code).toBe("too-many-failures");
  });

  test.each([
    ["400", { origin: "nonsense" }],
    ["403", { origin: evil }],
  ])("%s counts, and a client that leaves does not", async (status, request) => {
    const directory = new SlowDirectory();
    const { gate, target, event } = await start({
      policy: createPolicy({ origins: [page], directory }),
      maxFailures: { count: 1, seconds: 60 },
    });
    gate.route("/", echo);
    const attempt = await beginHandshake(target, { origin: "https://tenant.example" });
    await directory.asked();
    attempt.reset();
    expect((await event(0)).decision.code).toBe("client-gone");
    expect(await statusOf(target)).toBe(101);
    if (request.origin === evil) void directory.asked(2).then(() => directory.answer(false));
    expect(await statusOf(target, request)).toBe(Number(status));
    expect(await statusOf(target)).toBe(429);
  });

  test("is told with Retry-After, and each network is counted by itself", async () => {
    let ip = "2001:db8::1";
    const { gate, target } = await start({ maxFailures: limit, facts: () => ({ ip }) });
    gate.route("/", echo);
    await statusOf(target, { origin: evil });
    ip = "2001:db8::2";
    await statusOf(target, { origin: evil });
    ip = "2001:db8::3";
    const refused = await handshake(target, { origin: page });
    expect(refused.status).toBe(429);
    expect(refused.header("retry-after")).toBe("60");
    ip = "2001:db8:0:1::1";
    expect(await statusOf(target)).toBe(101);
  });

  test("is over when the time is", async () => {
    const { gate, target } = await start({ maxFailures: { count: 1, seconds: 60 } });
    gate.route("/", echo);
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    await statusOf(target, { origin: evil });
    vi.advanceTimersByTime(59_999);
    expect(await statusOf(target)).toBe(429);
    vi.advanceTimersByTime(1);
    expect(await statusOf(target)).toBe(101);
  });
});

describe("maxConnections", () => {
  test("holds for handshakes that were decided at the same time", async () => {
    const directory = new SlowDirectory();
    const { gate, target, events } = await start({ policy: createPolicy({ directory }), maxConnections: 2 });
    gate.route("/", echo);
    const attempts = await Promise.all(Array.from({ length: 5 }, () => beginHandshake(target, { origin: page })));
    await directory.asked(5);
    directory.answer(true);
    const answers = await Promise.all(attempts.map((attempt) => attempt.answer()));
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
    expect(gate.connections.size).toBe(2);
    for (const { frames } of answers) frames?.destroy();
    await until(() => gate.connections.size === 0, "both are gone");
    expect(events.filter(({ decision }) => decision.code === "too-many-connections")).toHaveLength(3);
  });

  test("counts what other listeners were given, until it is gone", async () => {
    const sockets: Duplex[] = [];
    const { target, event } = await startServer(
      {
        server: createServer(),
        after: (server) => void server.on("upgrade", (_request, socket: Duplex) => void sockets.push(socket)),
      },
      { maxConnections: 1 },
    );
    const first = await beginHandshake(target, { origin: page });
    await until(() => sockets.length === 1, "it is handed on");
    expect(await statusOf(target)).toBe(429);
    sockets[0]?.destroy();
    await first.closed();
    await event(1);
    const second = await beginHandshake(target, { origin: page });
    await until(() => sockets.length === 2, "it is handed on");
    second.destroy();
  });
});

test("maxConnectionsPerIp counts a network, and lets it go with its last socket", async () => {
  let ip = "2001:db8::1";
  const { gate, target, held } = await start({ maxConnectionsPerIp: 2, facts: () => ({ ip }) });
  gate.route("/", echo);
  const first = await open(target);
  ip = "2001:db8::2";
  const second = await open(target);
  expect(await statusOf(target)).toBe(429);
  ip = "2001:db8:0:1::2";
  await (await open(target)).close();
  ip = "2001:db8::3";
  await first.close();
  await until(async () => (await held()) === 1, "the first is gone");
  const third = await open(target);
  expect(await statusOf(target)).toBe(429);
  await third.close();
  await second.close();
  await until(async () => (await held()) === 0, "all are gone");
  expect(await Promise.all([statusOf(target), statusOf(target)])).toEqual([101, 101]);
});

test("maxPending: the one too many is refused at once, without asking anybody", async () => {
  const directory = new SlowDirectory();
  const { gate, target, event } = await start({ policy: createPolicy({ directory }), maxPending: 1 });
  gate.route("/", echo);
  const first = await beginHandshake(target, { origin: page });
  await directory.asked();
  const second = await handshake(target, { origin: page });
  expect([second.status, second.header("retry-after")]).toEqual([503, "5"]);
  expect((await event(0)).decision.code).toBe("too-many-pending");
  expect(directory.signals).toHaveLength(1);
  first.destroy();
  await event(1);
  const third = await beginHandshake(target, { origin: page });
  await directory.asked(2);
  third.destroy();
});
