import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { handshake, until } from "@wsorigin/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createTickets, redisStore, type Revocation } from "../src/index.ts";
import { type Compiled, compile } from "./compiled.ts";
import { installed, needsRedis, RedisServer } from "./redis.ts";
import { ada, connect, page } from "./support.ts";

const fixtures = join(import.meta.dirname, "fixtures");

needsRedis();
describe.runIf(installed)("processes", { timeout: 60_000 }, () => {
  let compiled: Compiled;
  let redis: RedisServer;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    compiled = await compile();
  }, 60_000);
  afterAll(() => compiled.remove());
  afterEach(async () => {
    await Promise.all(children.splice(0).map(end));
    await redis.remove();
  });

  function start(fixture: string, args: readonly string[]): ChildProcess {
    const child = fork(join(fixtures, fixture), args, { execArgv: [] });
    children.push(child);
    return child;
  }

  test("two that redeem the same ticket 100 times each: it is granted once", async () => {
    redis = await RedisServer.start();
    const racers = ["redis", "ioredis"].map((library) =>
      start("racer.mjs", [compiled.tickets, compiled.core, library, redis.url]),
    );
    await Promise.all(racers.map((racer) => once(racer, "message")));
    const { client, subscriber, close } = await connect("redis", redis);
    const tickets = createTickets({ store: redisStore({ client, subscriber }) });
    const winners = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const ticket = await tickets.issue({ principal: ada, origin: page });
      const counts = await Promise.all(
        racers.map(async (racer) => {
          const answer = once(racer, "message");
          racer.send(ticket);
          const [codes]: string[][] = await answer;
          return codes?.filter((code) => code === "origin-listed").length ?? 0;
        }),
      );
      expect(counts).toContain(0);
      expect(counts).toContain(1);
      winners.add(counts.indexOf(1));
    }
    close();
    expect(winners.size).toBeGreaterThan(0);
  });

  describe("two behind one port", () => {
    let port: number;
    /** What the gates of both have decided. */
    let decisions: { readonly pid: number; readonly code: string }[];

    async function startCluster(options: { readonly appendOnly?: boolean }): Promise<void> {
      redis = await RedisServer.start(options);
      decisions = [];
      const ports = new Map<number, number>();
      const child = start("cluster.mjs", [JSON.stringify(compiled), redis.url]);
      child.on("message", (message: { pid: number; port?: number; code?: string }) => {
        const { pid, port: listening, code } = message;
        if (listening !== undefined) ports.set(pid, listening);
        if (code !== undefined) decisions.push({ pid, code });
      });
      await until(() => ports.size === 2, "both listen", 20_000);
      [port = 0] = ports.values();
      expect([...ports.values()]).toEqual([port, port]);
    }

    /** Asks whichever of the two gets the request. */
    async function post(path: string, body: object): Promise<{ status: number; pid: number; done: string }> {
      const call = request({ port, host: "127.0.0.1", path, method: "POST", headers: { origin: page }, agent: false });
      call.end(JSON.stringify(body));
      const [response] = await once(call, "response");
      return { status: response.statusCode, ...JSON.parse(await text(response)) };
    }

    async function issue(names: object = {}): Promise<string> {
      const answer = await post("/ticket", { principal: ada, ...names });
      expect(answer).toMatchObject({ status: 200 });
      return answer.done;
    }

    /** How many sockets of so many that try at once are answered with each status. */
    async function race(ticket: string, sockets: number): Promise<Record<string, number>> {
      const answers = await Promise.all(
        Array.from({ length: sockets }, () =>
          handshake({ port }, { path: `/chat?ticket=${ticket}`, origin: page, timeout: 20_000 }),
        ),
      );
      const counts: Record<string, number> = {};
      for (const { status, frames } of answers) {
        counts[String(status)] = (counts[String(status)] ?? 0) + 1;
        frames?.destroy();
      }
      return counts;
    }

    /** Both have Redis again: each issues a ticket. */
    async function bothIssue(): Promise<void> {
      const pids = new Set<number>();
      await until(
        async () => {
          const { status, pid } = await post("/ticket", { principal: ada });
          if (status === 200) pids.add(pid);
          return pids.size === 2;
        },
        "both issue tickets",
        20_000,
      );
    }

    test("200 sockets race for a ticket: one opens; Redis stops: 503; Redis starts: one opens again", async () => {
      await startCluster({});
      const first = await issue();
      expect(await race(first, 200)).toEqual({ 101: 1, 401: 199 });
      await until(() => new Set(decisions.map(({ pid }) => pid)).size === 2, "both have decided");
      const outstanding = await issue();

      await redis.stop();
      expect(await race(outstanding, 20)).toEqual({ 503: 20 });
      expect(await race(first, 20)).toEqual({ 503: 20 });
      expect(await post("/ticket", { principal: ada })).toMatchObject({ status: 503 });
      expect(await post("/revoke", { subject: "ada" })).toMatchObject({ status: 503 });

      await redis.start();
      await bothIssue();
      expect(await race(await issue(), 200)).toEqual({ 101: 1, 401: 199 });
      // This Redis forgets what it held.
      expect(await race(outstanding, 20)).toEqual({ 401: 20 });
      expect(await race(first, 20)).toEqual({ 401: 20 });
    });

    test("Redis is killed while sockets race, and remembers: no ticket opens two", async () => {
      await startCluster({ appendOnly: true });
      const tickets = await Promise.all(Array.from({ length: 40 }, () => issue()));
      const opened = new Map<string, number>();
      const count = async (ticket: string, sockets: number): Promise<void> => {
        const { 101: open = 0, 401: refused = 0, 503: failed = 0 } = await race(ticket, sockets);
        expect(open + refused + failed).toBe(sockets);
        opened.set(ticket, (opened.get(ticket) ?? 0) + open);
      };
      const racing = Promise.all(tickets.map((ticket) => count(ticket, 5)));
      await until(() => decisions.some(({ code }) => code === "origin-listed"), "one has opened");
      await redis.stop("SIGKILL");
      await racing;
      await until(() => decisions.some(({ code }) => code === "verifier-failed"), "one has failed");

      await redis.start();
      await bothIssue();
      await Promise.all(tickets.map((ticket) => count(ticket, 5)));
      expect(Math.max(...opened.values())).toBe(1);
      const fresh = await issue();
      expect(await race(fresh, 50)).toEqual({ 101: 1, 401: 49 });
    });

    describe("revocations", () => {
      beforeEach(() => startCluster({}));

      const names = { id: "grant-1", subject: "ada", session: "s-1" };
      const revocations: readonly Revocation[] = [{ id: "grant-1" }, { subject: "ada" }, { session: "s-1" }];

      test.each(revocations)("of %j close the open sockets of both, and no other", async (revocation) => {
        const other = await openSocket(await issue({ id: "grant-2", subject: "Grace", session: "s-2" }));
        // Those that connect at once are dealt to both.
        const tickets = await Promise.all(Array.from({ length: 8 }, () => issue(names)));
        const open = await Promise.all(tickets.map(openSocket));
        expect(new Set(open.map(({ pid }) => pid)).size).toBe(2);
        const outstanding = await issue(names);

        const closed = Promise.all(open.map(({ socket }) => once(socket, "close")));
        expect(await post("/revoke", revocation)).toMatchObject({ status: 200 });
        for (const [code] of await closed) expect(code).toBe(4401);
        expect(await race(outstanding, 4)).toEqual({ 401: 4 });
        await until(() => decisions.filter(({ code }) => code === "token-revoked").length === 1, "it was for that");
        expect(other.socket.readyState).toBe(WebSocket.OPEN);
        other.socket.terminate();
      });

      /** As a page opens one. The first message says which process has it. */
      async function openSocket(ticket: string): Promise<{ pid: number; socket: WebSocket }> {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?ticket=${ticket}`, { origin: page });
        const [data] = await once(socket, "message");
        const { pid, principal } = JSON.parse(String(data));
        expect(principal).toEqual(ada);
        return { pid, socket };
      }
    });
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.disconnect();
  await exit;
}
