import { bearerProtocol, createPolicy, firstMessage, grant, queryParam, refuse } from "@wsorigin/core";
import type { Revocation } from "@wsorigin/core/gate";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  type Connection,
  type DecisionEvent,
  type Socket,
  upgradeGuard,
  type UpgradeGuardOptions,
} from "../src/index.ts";
import { bridge } from "./bridge.ts";

const page = "https://app.example";

/** Grants every token but "bad" to the user that it names; "u1.2" is another token of "u1". */
const verify = (token: string) => {
  const [subject = ""] = token.split(".");
  return token === "bad" ? refuse("invalid") : grant({ principal: subject, subject, id: token });
};
const late = createPolicy({
  origins: [page],
  token: { from: [firstMessage({ deadline: 2000, maxBytes: 64 })], verify },
});
const early = createPolicy({ origins: [page], token: { from: [queryParam("t")], verify } });

/** Serves a guard, and attaches every socket. The sockets of `style` "on" hide their addEventListener(). */
async function serve<P>(
  options: UpgradeGuardOptions<P>,
  style: "addEventListener" | "none" | "on" = "addEventListener",
) {
  const messages: unknown[] = [];
  const opened: Connection<P>[] = [];
  const closed: Connection<P>[] = [];
  const events: DecisionEvent[] = [];
  const { target, guard } = await bridge(
    { ...options, onDecision: (event) => void events.push(event) },
    (socket, result) => {
      const emitter = {
        close: (code?: number, reason?: string) => socket.close(code, reason),
        send: (data: string) => socket.send(data),
        on: socket.on.bind(socket),
        off: socket.off.bind(socket),
      };
      const shapes: Readonly<Record<typeof style, Socket>> = {
        addEventListener: socket,
        on: emitter,
        none: { close: (code, reason) => socket.close(code, reason), send: (data) => socket.send(data) },
      };
      const connection = result.attach(shapes[style], {
        onOpen: (connection) => void opened.push(connection),
        onMessage: (data) => void messages.push(data),
        onClose: (connection) => void closed.push(connection),
      });
      if (style !== "none") return;
      socket.on("message", (data, isBinary) =>
        connection.receive(isBinary || !Buffer.isBuffer(data) ? data : data.toString()),
      );
      socket.on("close", () => connection.closed());
    },
  );
  const connect = async (path = "/") => {
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}${path}`, { origin: page });
    const closing = new Promise<number>((resolve) => socket.once("close", resolve));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return { socket, closing };
  };
  return { guard, messages, opened, closed, events, connect };
}

afterEach(() => void vi.useRealTimers());

describe.each(["addEventListener", "on", "none"] as const)("a socket whose events are of the style %s", (style) => {
  test("gives the app nothing before its token was accepted, and then all messages in order", async () => {
    const { messages, opened, closed, events, connect, guard } = await serve({ policy: late }, style);
    const { socket, closing } = await connect();
    expect(events).toEqual([]);
    socket.send("u1");
    socket.send("one");
    socket.send("two");
    await expect.poll(() => messages).toEqual(["one", "two"]);
    expect(opened.map(({ principal }) => principal)).toEqual(["u1"]);
    expect(events).toMatchObject([{ decision: { allowed: true, principal: "u1" } }]);
    expect(guard.connections.size).toBe(1);
    socket.close();
    await closing;
    await expect.poll(() => closed.length).toBe(1);
    expect(guard.connections.size).toBe(0);
  });

  test.each([
    ["a token that is refused", "bad", 4401],
    ["a message that is too long", "x".repeat(65), 4401],
    ["bytes", Buffer.from("u1"), 4401],
  ])("is closed on %s, and the app sees nothing of it", async (_name, first, code) => {
    const { messages, opened, closed, events, connect, guard } = await serve({ policy: late }, style);
    const { socket, closing } = await connect();
    socket.send(first);
    socket.send("later");
    expect(await closing).toBe(code);
    expect([messages, opened, closed]).toEqual([[], [], []]);
    expect(events).toHaveLength(1);
    await expect.poll(() => guard.connections.size).toBe(0);
  });
});

test("a socket that sends nothing is closed after the deadline of the first message", async () => {
  const policy = createPolicy({ origins: [page], token: { from: [firstMessage({ deadline: 30 })], verify } });
  const { events, connect } = await serve({ policy });
  expect(await (await connect()).closing).toBe(4408);
  expect(events).toMatchObject([{ decision: { code: "timed-out" } }]);
});

test("a verifier that hangs closes the socket after the deadline", async () => {
  const policy = createPolicy({
    origins: [page],
    token: { from: [firstMessage()], verify: () => new Promise<never>(() => {}) },
  });
  const { connect } = await serve({ policy, deadline: 30, closeCodes: "iana" });
  const { socket, closing } = await connect();
  socket.send("u1");
  expect(await closing).toBe(3008);
});

test("at most maxUnauthenticated handshakes owe their first message, and each place is given back", async () => {
  const { connect, opened } = await serve({ policy: late, maxUnauthenticated: 1 });
  const first = await connect();
  await expect(connect()).rejects.toThrow("503");
  first.socket.send("u1");
  await expect.poll(() => opened.length).toBe(1);
  const second = await connect();
  second.socket.terminate();
  await second.closing;
  await expect.poll(async () => connect().then(({ socket }) => socket.readyState, String)).toBe(WebSocket.OPEN);
});

test("a place is given back if the socket is never attached", async () => {
  const policy = createPolicy({ origins: [page], token: { from: [firstMessage({ deadline: 20 })], verify } });
  const events: DecisionEvent[] = [];
  const guard = upgradeGuard({
    policy,
    log: false,
    maxUnauthenticated: 1,
    onDecision: (event) => void events.push(event),
  });
  const request = () =>
    new Request("http://api.example/", {
      headers: {
        host: "api.example",
        origin: page,
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      },
    });
  const result = await guard(request());
  if (!result.allowed) throw new Error("refused");
  expect(() => result.identity).toThrow("first message");
  await expect.poll(() => events.length).toBe(1);
  expect((await guard(request())).allowed).toBe(true);
  const codes: unknown[] = [];
  result.attach({ close: (code) => codes.push(code), send: () => {} }, { onMessage: () => {} });
  expect(codes).toEqual([4408]);
  expect(() => result.attach({ close: () => {}, send: () => {} })).toThrow("before");
});

test("without onMessage a socket that owes its token is closed", async () => {
  const guard = upgradeGuard({ policy: late, log: false });
  const result = await guard(
    new Request("http://api.example/", {
      headers: {
        host: "api.example",
        origin: page,
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      },
    }),
  );
  const codes: unknown[] = [];
  expect(() => result.allowed && result.attach({ close: (code) => codes.push(code), send: () => {} })).toThrow(
    "onMessage",
  );
  expect(codes).toEqual([1011]);
});

test("at most maxConnections sockets are attached", async () => {
  const { connect } = await serve({ policy: early, maxConnections: 1 });
  const first = await connect("/?t=u1");
  await expect(connect("/?t=u2")).rejects.toThrow("429");
  first.socket.close();
  await first.closing;
  await expect.poll(async () => connect("/?t=u2").then(({ socket }) => socket.readyState, String)).toBe(WebSocket.OPEN);
});

test("refresh() takes a token of the same subject only", async () => {
  const { connect, opened } = await serve({ policy: early });
  await connect("/?t=u1");
  const [connection] = opened;
  expect(await connection?.refresh("u1.2")).toMatchObject({ allowed: true, id: "u1.2" });
  expect(connection?.decision).toMatchObject({ id: "u1.2" });
  expect(await connection?.refresh("u2")).toMatchObject({ code: "token-forbidden" });
  expect(await connection?.refresh("bad")).toMatchObject({ code: "token-invalid" });
  expect(connection?.decision).toMatchObject({ id: "u1.2" });
});

/** A source of revocations, with who listens to it. */
function revocationSource() {
  const listeners = new Set<(revocation: Revocation) => void>();
  const subscribe = (listener: (revocation: Revocation) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { listeners, revocations: { subscribe } };
}

test("a revoked subject's sockets are closed, and nobody else's", async () => {
  const { listeners, revocations } = revocationSource();
  const { connect, opened, guard } = await serve({ policy: early, revocations });
  const [one, two] = [await connect("/?t=u1"), await connect("/?t=u2")];
  await expect.poll(() => opened.length).toBe(2);
  for (const listener of listeners) listener({ subject: "u1" });
  expect(await one.closing).toBe(4401);
  expect(two.socket.readyState).toBe(WebSocket.OPEN);
  guard.close();
  expect(listeners.size).toBe(0);
  expect(await two.closing).toBe(1001);
});

test("the app sees nothing of a socket that is revoked before it is attached", async () => {
  const { listeners, revocations } = revocationSource();
  const called: string[] = [];
  const { target } = await bridge({ policy: early, revocations }, (socket, result) => {
    for (const listener of listeners) listener({ subject: "u1" });
    result.attach(socket, {
      onOpen: () => void called.push("open"),
      onMessage: () => void called.push("message"),
      onClose: () => void called.push("close"),
    });
  });
  const socket = new WebSocket(`ws://127.0.0.1:${target.port}/?t=u1`, { origin: page });
  socket.once("open", () => socket.send("hello"));
  expect(await new Promise((resolve) => socket.once("close", resolve))).toBe(4401);
  expect(called).toEqual([]);
});

test("onClose is called for a socket that the guard closes after its first message", async () => {
  const { connect, opened, closed, guard } = await serve({ policy: late });
  const { socket, closing } = await connect();
  socket.send("u1");
  await expect.poll(() => opened.length).toBe(1);
  guard.disconnect(() => true, 4000, "bye");
  expect(await closing).toBe(4000);
  await expect.poll(() => closed.length).toBe(1);
});

test("disconnect() closes what matches, with a code that can be sent", async () => {
  const { connect, opened, guard } = await serve({ policy: early });
  const [one, two] = [await connect("/?t=u1"), await connect("/?t=u2")];
  await expect.poll(() => opened.length).toBe(2);
  expect(guard.disconnect(({ principal }) => principal === "u1", 4000, "bye")).toBe(1);
  expect(await one.closing).toBe(4000);
  expect(two.socket.readyState).toBe(WebSocket.OPEN);
  expect(() => guard.disconnect(() => true, 1005)).toThrow(RangeError);
});

test("a socket closes when its grant expires, also if that is further away than a timer can hold", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const codes: unknown[] = [];
  const expiresAt = Date.now() + 2 ** 31 + 5000;
  const policy = createPolicy({
    origins: [page],
    token: { from: [queryParam("t")], verify: () => grant({ principal: 1, expiresAt }) },
  });
  const guard = upgradeGuard({ policy, log: false });
  const result = await guard(
    new Request("http://api.example/?t=x", {
      headers: {
        host: "api.example",
        origin: page,
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      },
    }),
  );
  if (!result.allowed) throw new Error("refused");
  result.attach({ close: (code, reason) => codes.push([code, reason]), send: () => {} });
  await vi.advanceTimersByTimeAsync(1000);
  vi.setSystemTime(expiresAt - 2000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(codes).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(codes).toEqual([[4401, "Token expired"]]);
});

test("what a handler throws closes the socket with 1011, and goes to onError", async () => {
  const errors: string[] = [];
  const { target } = await bridge(
    { policy: early, onError: (_error, where) => void errors.push(where) },
    (socket, result) =>
      result.attach(socket, {
        onMessage: async () => {
          throw new Error("no");
        },
      }),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${target.port}/?t=u1`, { origin: page });
  socket.on("open", () => socket.send("hello"));
  expect(await new Promise((resolve) => socket.once("close", resolve))).toBe(1011);
  expect(errors).toEqual(["onMessage"]);
});

test("invalid options are refused all at once, each with what to write", () => {
  const messages = (options: unknown): readonly string[] => {
    try {
      upgradeGuard(options as UpgradeGuardOptions);
      return [];
    } catch (error) {
      const { code, issues } = error as { code: string; issues: readonly { code: string; message: string }[] };
      return [code, ...issues.map(({ code, message }) => `${code}: ${message}`)];
    }
  };
  expect(messages(undefined)).toEqual([
    "ERR_WSORIGIN_FETCH",
    'option-missing: upgradeGuard() takes an object: upgradeGuard({ policy: createPolicy({ origins: ["https://app.example.com"] }) }).',
  ]);
  expect(messages({ timeout: 1, deadline: 0, protocols: "chat", closeCodes: "x" })).toMatchInlineSnapshot(`
    [
      "ERR_WSORIGIN_FETCH",
      "option-unknown: Unknown option "timeout". Valid options: policy, protocols, report, deadline, maxPending, maxConnections, maxUnauthenticated, revocations, closeCodes, onDecision, onError, log.",
      "option-invalid: \`deadline\` is 0; it must be a number above 0. The default is 5000.",
      "option-invalid: \`protocols\` must be a list, such as ["chat.v1"].",
      "option-invalid: \`closeCodes\` is "x"; it must be "http" or "iana".",
      "option-missing: \`policy\` is missing. Write upgradeGuard({ policy: createPolicy({ origins: ["https://app.example.com"] }) }).",
    ]
  `);
  const bearer = createPolicy({ origins: [page], token: { from: [bearerProtocol()], verify } });
  expect(messages({ policy: bearer })).toEqual([
    "ERR_WSORIGIN_FETCH",
    'option-incoherent: `protocols` is missing, but the policy takes its token from the subprotocols. Write protocols: ["chat.v1"].',
  ]);
});
