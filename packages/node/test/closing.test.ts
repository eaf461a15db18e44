import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { beginHandshake, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import { echo, evil, noTimer, open, page, SlowDirectory, start, startServer, statusOf } from "./support.ts";

describe("gate.close", () => {
  test("is the same when called again, and then and later everything new gets 503", async () => {
    const { gate, server, target, event } = await start();
    server.on("upgrade", () => expect.unreachable());
    gate.route("/", echo);
    const closing = gate.close();
    expect(gate.close({ timeout: 1 })).toBe(closing);
    await closing;
    expect(await statusOf(target)).toBe(503);
    expect(await statusOf(target, { origin: evil })).toBe(503);
    expect(await statusOf(target, { path: "/elsewhere" })).toBe(503);
    expect((await event(2)).decision.code).toBe("draining");
    // Ordinary requests are none of its business.
    expect(await statusOf(target, { path: "/elsewhere", omit: ["upgrade", "connection"] })).toBe(200);
  });

  test("waits for a peer to answer 1001, and then is done at once, with no timer left", async () => {
    const { gate, target } = await start();
    gate.route("/", echo);
    const frames = await open(target);
    const closing = gate.close({ timeout: 60_000 });
    expect((await frames.close())?.code).toBe(1001);
    await closing;
    expect(gate.connections.size).toBe(0);
    await noTimer();
  });

  test("ends what does not end by itself after the timeout", async () => {
    const { gate, target } = await start();
    const codes: number[] = [];
    gate.route("/", (socket) => void socket.on("close", (code) => codes.push(code)));
    const frames = await open(target);
    await gate.close({ timeout: 50 });
    await frames.closed();
    expect(codes).toEqual([1006]);
  });

  test("does not open the pending to close them, whatever refuseWith says", async () => {
    const directory = new SlowDirectory();
    const { gate, target } = await start({ policy: createPolicy({ directory }), refuseWith: "close" });
    gate.route("/", () => expect.unreachable());
    const attempt = await beginHandshake(target, { origin: page });
    await directory.asked();
    await gate.close();
    expect((await attempt.answer()).status).toBe(503);
    expect(directory.signals[0]?.aborted).toBe(true);
  });

  test("reaches the very socket whose opening it was called from", async () => {
    const { gate, target, errors } = await start({ onDecision: () => void gate.close({ timeout: 50 }) });
    gate.route("/", () => void gate.close());
    const frames = await open(target);
    expect((await frames.nextClose())?.code).toBe(1001);
    await gate.close();
    expect(gate.connections.size).toBe(0);
    expect(errors).toEqual([]);
  });

  describe("lets server.close() be done", () => {
    const kinds = [
      "an open socket",
      "a pending handshake",
      "a socket of another listener",
      "a refused one that is open to be closed",
    ] as const;

    test.each(kinds)("with %s whose peer does nothing", async (kind) => {
      const directory = new SlowDirectory();
      const taken: Duplex[] = [];
      const { gate, server, target, held } = await startServer(
        {
          server: createServer(),
          after: (server) => void server.on("upgrade", (_request, socket: Duplex) => void taken.push(socket)),
        },
        { policy: createPolicy({ origins: [page], directory }), refuseWith: "close" },
      );
      gate.route("/chat", echo);
      const origin =
        kind === "a pending handshake" ? "https://tenant.example" : kind.startsWith("a refused") ? "nonsense" : page;
      const path = kind === "a socket of another listener" ? "/elsewhere" : "/chat";
      const attempt = await beginHandshake(target, { path, origin });
      if (kind === "a pending handshake") await directory.asked();
      else if (path === "/elsewhere") await until(() => taken.length === 1, "it is handed on");
      else await attempt.answer();
      expect(await held()).toBe(1);
      const closed = new Promise((resolve) => server.close(resolve));
      await gate.close({ timeout: 50 });
      await closed;
      expect(await held()).toBe(0);
      expect(gate.connections.size).toBe(0);
      attempt.destroy();
    });
  });
});
