import { once } from "node:events";
import { createServer } from "node:http";
import { bearerHeader, bearerProtocol, createPolicy, firstMessage, grant, queryParam, refuse } from "@wsorigin/core";
import { type Frames, handshake, until } from "@wsorigin/testing";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Gate, guard, type GuardOptions } from "../src/index.ts";

const page = "https://app.example";

/** A guarded server on a port of its own. */
async function start<P>(options: GuardOptions<P>): Promise<{ readonly port: number; readonly gate: Gate<P> }> {
  const server = createServer();
  const gate = guard(server, { log: false, ...options });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    await gate.close({ timeout: 500 });
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, gate };
}

/** Takes over the clock of tokens until the end of the test. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

test("1,000 sockets with mixed expiries wait on one timer for all; each closes at its time, in order, none before", async () => {
  const count = 1000;
  const policy = createPolicy({
    origins: [page],
    token: {
      from: [queryParam("until")],
      verify: (at) => grant({ principal: Number(at), expiresAt: Number(at) }),
    },
  });
  const { port, gate } = await start({ policy });
  const sockets = new Map<number, WebSocket>();
  gate.route("/chat", (socket, { principal }) => void sockets.set(principal, socket));
  stopClock();
  const first = Date.now() + 60_000;
  const clients: Frames[] = [];
  const connect = async (at: number): Promise<void> => {
    const { frames } = await handshake({ port }, { path: `/chat?until=${at}`, origin: page });
    if (frames !== undefined) clients.push(frames);
  };
  const times = Array.from({ length: count }, (_, index) => first + ((index * 7919) % count));
  while (times.length > 0) await Promise.all(times.splice(0, 100).map(connect));
  expect([gate.connections.size, sockets.size, clients.length]).toEqual([count, count, count]);
  expect(vi.getTimerCount()).toBe(1);

  // One ends each millisecond, in another order than they were opened.
  const inOrder = [...sockets].toSorted(([one], [other]) => one - other).map(([, socket]) => socket);
  const isOpen = ({ readyState }: WebSocket): boolean => readyState === WebSocket.OPEN;
  vi.advanceTimersByTime(first - 1 - Date.now());
  const left = [];
  for (const socket of inOrder) {
    const wasOpen = isOpen(socket);
    vi.advanceTimersByTime(1);
    left.push(wasOpen && !isOpen(socket) ? inOrder.filter(isOpen).length : "not at its time");
  }
  expect(left).toEqual(inOrder.map((_, index) => count - 1 - index));

  const codes = await Promise.all(clients.map(async (frames) => (await frames.close())?.code));
  expect(new Set(codes)).toEqual(new Set([4401]));
  await until(() => gate.connections.size === 0, "the gate has removed every socket");
});

test("a listener beside the gate gets the subprotocols without the token, which ws would send back", async () => {
  const policy = createPolicy({
    origins: [page],
    token: { from: [bearerProtocol(), queryParam("ticket")], verify: () => grant({ principal: 1 }) },
  });
  const server = createServer();
  const seen: (string | undefined)[] = [];
  // As its README has it: `ws` chooses the first that is offered.
  const sockets = new WebSocketServer({ server, path: "/legacy" });
  sockets.on("connection", (socket, request) => {
    seen.push(request.headers["sec-websocket-protocol"], request.url, request.rawHeaders.join());
    socket.terminate();
  });
  guard(server, { policy, protocols: ["chat.v1"], log: false });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const answer = await handshake(
    { port },
    { path: "/legacy?a=1", origin: page, headers: [["Sec-WebSocket-Protocol", "bearer.canary, chat.v2"]] },
  );
  expect(answer.header("sec-websocket-protocol")).toBe("chat.v2");
  answer.frames?.destroy();
  expect(seen.slice(0, 2)).toEqual(["chat.v2", "/legacy?a=1"]);
  expect(seen.join()).not.toContain("canary");
});

test("a counter of failures of the app's own is asked and told; one that fails refuses nobody, and is told of", async () => {
  const policy = createPolicy({
    origins: [page],
    token: {
      from: [bearerHeader()],
      verify: (token) => (token === "good" ? grant({ principal: 1 }) : refuse("invalid")),
    },
  });
  const made: unknown[] = [];
  const memory = new RateLimiterMemory({ points: 2, duration: 60 });
  const errors: unknown[] = [];
  let broken = false;
  class Breakable extends RateLimiterMemory {
    override get(key: string) {
      return broken ? Promise.reject(new Error("Redis is away")) : memory.get(key);
    }
    override penalty(key: string) {
      return broken ? Promise.reject(new Error("Redis is away")) : memory.penalty(key);
    }
    override reward(key: string) {
      return broken ? Promise.reject(new Error("Redis is away")) : memory.reward(key);
    }
  }
  const { port, gate } = await start({
    policy,
    onError: (error) => errors.push(error),
    maxFailures: {
      count: 2,
      seconds: 60,
      limiter(options) {
        made.push(options);
        return new Breakable(options);
      },
    },
  });
  gate.route("/", () => {});
  const ask = async (token: string): Promise<number | undefined> => {
    const answer = await handshake({ port }, { origin: page, headers: [["Authorization", `Bearer ${token}`]] });
    answer.frames?.destroy();
    return answer.status;
  };
  expect(made).toEqual([{ points: 2, duration: 60 }]);
  expect([await ask("bad"), await ask("bad"), await ask("good")]).toEqual([401, 401, 429]);
  broken = true;
  expect([await ask("bad"), await ask("good")]).toEqual([401, 101]);
  expect(errors).toContainEqual(new Error("Redis is away"));
});

test("a token in the subprotocols needs subprotocols that are spoken", () => {
  const token = { from: [bearerProtocol()], verify: () => grant({ principal: 1 }) };
  const policy = createPolicy({ origins: [page], token });
  expect(() => guard(createServer(), { policy })).toThrow('Write protocols: ["chat.v1"]');
  expect(() => guard(createServer(), { policy, protocols: ["bearer.v1"] })).toThrow('begins with "bearer."');
  const gate = guard(createServer(), { policy, protocols: ["chat.v1"] });
  expect(() => gate.route("/a", { protocols: [] }, () => {})).toThrow('route "/a": `protocols` is missing');
  const open = guard(createServer(), { policy: createPolicy({ origins: [page] }) });
  expect(() => open.route("/a", { policy: createPolicy({ origins: [page], token }) as never }, () => {})).toThrow(
    "`protocols` is missing",
  );
});

test.each([
  [{ closeCodes: "rfc" }, '`closeCodes` is "rfc"; it must be "http" or "iana".'],
  [{ revocations: {} }, "`revocations` must have a subscribe() method"],
  [{ onExpiring: true }, "`onExpiring` must be a function."],
  [{ warnBefore: -1 }, "`warnBefore` is -1; it must be milliseconds, 0 or more."],
  [{ maxUnauthenticated: 0 }, "`maxUnauthenticated` is 0; it must be a number above 0."],
  [{ maxFailures: { count: 1, seconds: 1, limiter: {} } }, "`maxFailures` must have a function as its `limiter`"],
])("%j is refused", (options, message) => {
  const policy = createPolicy({ origins: [page] });
  expect(() => guard(createServer(), { policy, ...options } as never)).toThrow(message);
});

test("in report mode, sockets are never closed and never held for a first message", async () => {
  const seen: unknown[] = [];
  const policy = createPolicy({
    origins: [page],
    mode: "report",
    token: {
      from: [bearerHeader(), firstMessage()],
      verify: () => grant({ principal: "Ada", expiresAt: Date.now() + 100 }),
    },
  });
  const { port, gate } = await start({ policy });
  gate.route("/", (socket, { principal, decision }) => {
    seen.push([principal, decision.code]);
    socket.on("message", () => socket.send("still here"));
  });
  stopClock();
  const none = await handshake({ port }, { origin: page });
  const one = await handshake({ port }, { origin: page, headers: [["Authorization", "Bearer x"]] });
  expect(seen).toEqual([
    [undefined, "token-missing"],
    ["Ada", "origin-listed"],
  ]);
  // The grant ends, and the default deadline of a first message passes.
  vi.advanceTimersByTime(60_000);
  for (const { frames } of [none, one]) {
    frames?.send("anybody?");
    expect((await frames?.next())?.text).toBe("still here");
    frames?.destroy();
  }
});

test("with refuseWith close, a refused token is a close code that page code can read", async () => {
  const policy = createPolicy({ origins: [page], token: { from: [bearerHeader()], verify: () => refuse("expired") } });
  const { port, gate } = await start({ policy, refuseWith: "close", closeCodes: "iana" });
  gate.route("/", () => {});
  const { frames } = await handshake({ port }, { origin: page, headers: [["Authorization", "Bearer x"]] });
  expect((await frames?.nextClose())?.code).toBe(3000);
  frames?.destroy();
});
