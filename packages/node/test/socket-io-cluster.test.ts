import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { handshake, until } from "@wsorigin/testing";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Compiled, compile } from "./compiled.ts";
import { connected, onLastTransport, poll, refusalOf, sidOf, statusIn, type Transports } from "./socket-io-support.ts";
import { evil, page } from "./support.ts";

/** What a worker says about itself. */
interface Where {
  readonly pid: number;
  readonly open: readonly string[];
}

const ways: readonly Transports[] = [["polling", "websocket"], ["polling"], ["websocket"]];

describe("two workers of a cluster with sticky sessions", () => {
  let compiled: Compiled;
  let primary: ChildProcess;
  let port: number;
  const codes: string[] = [];

  beforeAll(async () => {
    compiled = await compile();
    primary = fork(join(import.meta.dirname, "fixtures/sticky.mjs"), [compiled.entry], { execArgv: [] });
    primary.on("message", ({ code }: { readonly code?: string }) => void (code !== undefined && codes.push(code)));
    const [message]: { readonly port: number }[] = await once(primary, "message");
    port = message?.port ?? 0;
  });
  afterAll(async () => {
    const exit = once(primary, "exit");
    primary.disconnect();
    await exit;
    await compiled.remove();
  });

  function client(user: string, transports: Transports, origin: string = page): Socket {
    const headers = { extraHeaders: { Origin: origin }, query: { user } };
    const own = { transports: [...transports], reconnection: false, forceNew: true };
    const socket = io(`http://127.0.0.1:${port}`, { ...headers, ...own });
    onTestFinished(() => void socket.disconnect());
    return socket;
  }

  /**
   * The primary learns of a session from its worker, by a message that the client's next request can overtake. That request then goes to the wrong worker,
   * with a gate and without one, and the client tries again.
   */
  async function open(user: string, transports: Transports, tries = 20): Promise<Socket> {
    const socket = client(user, transports);
    try {
      await Promise.all([connected(socket), onLastTransport(socket)]);
      return socket;
    } catch (error) {
      if (tries === 0) throw error;
      return open(user, transports, tries - 1);
    }
  }

  const where = (socket: Socket): Promise<Where> => socket.emitWithAck("where");

  /** Opens sockets, each of a user of its own, until each worker has one. */
  async function openOnBoth(names: string, transports: Transports): Promise<readonly Socket[]> {
    const byWorker = new Map<number, Socket>();
    let users = 0;
    await until(async () => {
      const socket = await open(`${names}-${users++}`, transports);
      byWorker.set((await where(socket)).pid, socket);
      return byWorker.size === 2;
    }, "each worker has a socket");
    return [...byWorker.values()];
  }

  test.each(ways)(
    "over %s, then %s: each worker lists its own sockets, and rooms reach those of both",
    async (...transports) => {
      const sockets = await openOnBoth(transports.join(), transports);
      const heard = sockets.map(
        (socket) => new Promise<unknown>((resolve) => void socket.once("said", (...said) => resolve(said))),
      );
      sockets[0]?.emit("say", "hello");
      const said = await Promise.all(heard);
      expect(said[0]).toEqual([expect.stringContaining(transports.join()), "hello"]);
      expect(said[1]).toEqual(said[0]);
      const [first, second] = await Promise.all(sockets.map(where));
      expect(first?.open).not.toEqual(second?.open);
    },
  );

  test.each(ways)(
    "over %s, then %s: a revocation ends the sockets of its subject in the worker that has them",
    async (...transports) => {
      const sockets = await openOnBoth(`revoked-${transports.join()}`, transports);
      const [revoked, spared] = sockets;
      if (revoked === undefined || spared === undefined) throw new Error("There are two.");
      const user = String(Reflect.get(Object(revoked.io.opts.query), "user"));
      const ended = new Promise((resolve) => void revoked.once("disconnect", resolve));
      primary.send({ revoke: user });
      await ended;
      const { open } = await where(spared);
      expect(open).toContain(Reflect.get(Object(spared.io.opts.query), "user"));
      expect(spared.connected).toBe(true);
    },
  );

  test.each(ways)(
    "over %s, then %s: refuses a page of another origin, and a token that is not valid",
    async (...transports) => {
      expect(statusIn(await refusalOf(client("eve", transports, evil)), transports)).toBe(403);
      expect(statusIn(await refusalOf(client("nobody", transports)), transports)).toBe(401);
      await until(() => codes.includes("origin-not-listed") && codes.includes("token-invalid"), "both are reported");
    },
  );

  test("later requests of a session, and its upgrade, are checked in the worker that has it", async () => {
    const sid = sidOf(await poll(port, "&user=ann", { Origin: page }));
    const later = (origin: string): ReturnType<typeof poll> => poll(port, `&sid=${sid}`, { Origin: origin }, "40");
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    await until(
      async () => (await later(evil)).status === 403,
      "the primary knows the session, and its worker refuses",
    );
    // On a connection that is used again, the next request could be of a session of the other worker.
    const query = `EIO=4&transport=polling&sid=${sid}`;
    const kept = await fetch(`http://127.0.0.1:${port}/socket.io/?${query}`, { headers: { Origin: evil } });
    expect([kept.status, kept.headers.get("Connection")]).toEqual([403, "close"]);
    expect((await handshake({ port }, { path, origin: evil })).status).toBe(403);
    expect((await later(page)).body).toBe("ok");
    primary.send({ revoke: "ann" });
    await until(async () => (await later(page)).status === 401, "it is revoked");
    expect((await handshake({ port }, { path, origin: page })).status).toBe(401);
  });
});
