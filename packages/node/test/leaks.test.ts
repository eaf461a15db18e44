import { type EventEmitter, getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beginHandshake, handshake, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { createPolicy } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { evil, open, page, noTimer, SlowDirectory, start, statusOf } from "./support.ts";

/** Runs so many at once until all are done. */
async function each(count: number, atOnce: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

describe("nothing is left behind", () => {
  // 10 seconds of work, on a machine that does nothing else.
  test("by 10,000 refused handshakes", { timeout: 180_000 }, async () => {
    const { server, gate, target, held, events } = await start({
      report: createPolicy({ origins: [page] }),
      unrouted: "refuse",
    });
    gate.route("/chat", () => {});
    const listeners = (): readonly number[] => server.eventNames().map((name) => server.listenerCount(name));
    // The gate adds its only listener with the first handshake.
    await handshake(target, { path: "/chat", origin: evil });
    const before = listeners();
    const refused = [
      { path: "/chat", origin: evil },
      { path: "/chat", origin: null },
      { path: "/chat", origin: page, method: "POST" },
      { path: "/chat", origin: [page, page] },
      { path: "/nowhere", origin: page },
    ];
    const statuses = new Map<number | undefined, number>();
    await each(10_000, 50, async (index) => {
      const { status } = await handshake(target, refused[index % refused.length]);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    expect(Object.fromEntries(statuses)).toEqual({ 400: 4000, 403: 4000, 404: 2000 });
    expect(events).toHaveLength(10_001);
    await until(async () => (await held()) === 0, "the server holds no connection");
    expect(gate.connections.size).toBe(0);
    expect(listeners()).toEqual(before);
    await noTimer();
  });

  test("by 500 clients that reset while a directory is asked, and 500 that leave", async () => {
    const directory = new SlowDirectory();
    const { gate, target, held, events } = await start({
      policy: createPolicy({ directory }),
      maxPending: 2000,
      deadline: 60_000,
    });
    gate.route("/chat", () => {});
    await each(1000, 50, async (index) => {
      const attempt = await beginHandshake(target, { path: "/chat", origin: page });
      await directory.asked(index + 1 - 50);
      if (index % 2 === 0) attempt.reset();
      else attempt.end();
      await attempt.closed();
      attempt.destroy();
    });
    await until(() => events.length === 1000, "every one is told of");
    expect(new Set(events.map(({ decision }) => decision.code))).toEqual(new Set(["client-gone"]));
    await until(async () => (await held()) === 0, "the server holds no connection");
    expect(directory.signals.every((signal) => signal.aborted)).toBe(true);
    expect(directory.signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
    await noTimer();
  });

  test("by a client that neither reads its refusal nor ever closes", async () => {
    const { gate, target, held } = await start();
    gate.route("/chat", () => {});
    const attempt = await beginHandshake(target, { path: "/chat", origin: evil, afterwards: "stop-reading" });
    await until(async () => (await held()) === 0, "the server lets go of it");
    attempt.destroy();
  });
});

test("nobody keeps the request of a handshake that is over", async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const requests: WeakRef<object>[] = [];
  const directory = new SlowDirectory();
  const { server, gate, target, held } = await start({
    policy: createPolicy({ origins: [page], directory }),
    grace: 60_000,
    facts(request) {
      requests.push(new WeakRef(request));
      return {};
    },
  });
  gate.route("/chat", () => {}).route("/shut", { refuseWith: "close" }, () => {});
  server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n"));
  await (await open(target, { path: "/chat" })).close();
  await (await open(target, { path: "/shut", origin: "nonsense" })).close();
  for (const request of [{ path: "/chat", origin: "nonsense" }, { path: "/elsewhere" }])
    await statusOf(target, request);
  const attempt = await beginHandshake(target, { path: "/chat", origin: "https://tenant.example" });
  await directory.asked();
  attempt.reset();
  await until(async () => (await held()) === 0, "the server holds no connection");
  directory.answer(true);
  // The reason of an abort knows where it was made.
  directory.signals.length = 0;
  await until(() => {
    if (typeof collect === "function") Reflect.apply(collect, undefined, []);
    return requests.every((request) => request.deref() === undefined);
  }, "all are collected");
  expect(requests).toHaveLength(5);
  await noTimer();
  expect(gate.connections.size).toBe(0);
});

test("an open socket has no listener that ws alone would not have", async () => {
  const found: Record<string, number>[] = [];
  const count = (socket: EventEmitter): void =>
    void found.push(Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)])));
  const bare = createServer();
  new WebSocketServer({ server: bare }).on("connection", (_socket, { socket }) => count(socket));
  await once(bare.listen(0, "127.0.0.1"), "listening");
  afterwards(() => new Promise<void>((resolve) => bare.close(() => resolve())));
  const address = bare.address();
  await open({ port: typeof address === "object" && address !== null ? address.port : 0 });
  const { gate, target } = await start();
  gate.route("/", (_socket, { request }) => count(request.socket));
  await open(target);
  const [alone, guarded] = found;
  // The one for `close` is the test's own.
  expect(guarded).toEqual({ ...alone, close: Number(alone?.["close"]) + 1 });
});

describe("after gate.close() the server closes", () => {
  test("with sockets whose clients never answer the close, pending handshakes, and what others took", async () => {
    const directory = new SlowDirectory();
    const { server, gate, target, events } = await start({ policy: createPolicy({ origins: [page], directory }) });
    gate.route("/chat", () => {});
    server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    await open(target, { path: "/chat" });
    await open(target, { path: "/elsewhere" });
    const pending = await beginHandshake(target, { path: "/chat", origin: "https://tenant.example" });
    await directory.asked();

    const closed = gate.close({ timeout: 50 });
    expect((await pending.answer()).status).toBe(503);
    await closed;
    await new Promise<void>((resolve, reject) =>
      server.close((error) => (error === undefined ? resolve() : reject(error))),
    );
    expect(events.at(-1)?.decision.code).toBe("draining");
    expect(gate.connections.size).toBe(0);
    expect(gate.close()).toBe(gate.close());
  });
});
