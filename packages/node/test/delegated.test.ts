import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeBytes, frameBytes, type Frames, handshake, until } from "@wsorigin/testing";
import { bearerHeader, createPolicy, grant, type Policy } from "@wsorigin/core";
import { describe, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { guard, identityOf, type PlainOptions, type Revocation } from "../src/index.ts";
import { kinds, openStream } from "./http2-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page, startServer } from "./support.ts";

/** A policy whose token is the user's name; `expires` in so many milliseconds. */
function tokens(expires?: number): Policy<string> {
  return createPolicy({
    origins: [page],
    token: {
      from: [bearerHeader()],
      verify: (token) =>
        grant({
          principal: token,
          subject: token,
          ...(expires !== undefined && { expiresAt: Date.now() + expires }),
        }),
    },
  });
}

interface Delegated {
  readonly gate: ReturnType<typeof guard<string>>;
  readonly sockets: readonly { readonly socket: WebSocket; readonly request: IncomingMessage }[];
  readonly port: number;
  readonly connect: (name: string, path?: string) => Promise<Frames>;
}

/** A guarded server whose sockets are opened by a `ws` of the app's own. */
async function startOwn(
  options: Partial<PlainOptions<string>> & { readonly policy: Policy<string> },
  attach: (server: Server, ws: WebSocketServer) => void = (server, ws) =>
    void server.on("upgrade", (request, socket, head) =>
      ws.handleUpgrade(request, socket, head, (opened) => ws.emit("connection", opened, request)),
    ),
): Promise<Delegated> {
  const server = createServer();
  const ws = new WebSocketServer({ noServer: true });
  const sockets: { socket: WebSocket; request: IncomingMessage }[] = [];
  ws.on("connection", (socket: WebSocket, request: IncomingMessage) => void sockets.push({ socket, request }));
  const gate = guard<string>(server, { log: false, ...options });
  attach(server, ws);
  await once(server.listen(0, "127.0.0.1"), "listening");
  afterwards(async () => {
    await gate.close({ timeout: 100 });
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const connect = async (name: string, path = "/own"): Promise<Frames> => {
    const headers = [["Authorization", `Bearer ${name}`]] as const;
    const { frames, statusLine } = await handshake({ port }, { path, origin: page, headers });
    if (frames === undefined) throw new Error(`It was refused: ${statusLine}`);
    return frames;
  };
  return { gate, sockets, port, connect };
}

describe("a socket that a listener of the app opened", () => {
  test("is among the connections, with who is behind it, until it closes", async () => {
    const { gate, sockets, connect } = await startOwn({ policy: tokens() });
    const frames = await connect("ada");
    await until(() => sockets.length === 1, "the listener has it");
    expect(gate.connections.size).toBe(1);
    const [connection] = gate.connections;
    expect(connection).toMatchObject({ route: undefined, origin: page, principal: "ada", expiresAt: undefined });
    expect(connection?.ip).toBe("127.0.0.1");
    expect(Math.abs(Date.now() - (connection?.openedAt ?? 0))).toBeLessThan(60_000);
    const identity = identityOf(sockets[0]?.request);
    expect(identity).toMatchObject({ origin: page, principal: "ada", decision: { allowed: true } });
    // A wrapper of a framework, and something that no gate has seen.
    expect(identityOf({ req: sockets[0]?.request })).toBe(identity);
    expect(identityOf({})).toBeUndefined();
    expect(identityOf(undefined)).toBeUndefined();
    frames.destroy();
    await until(() => gate.connections.size === 0, "it is gone");
  });

  test("is ended when its token expires, also if it was opened past the stream, as on Bun", async () => {
    const { gate, connect } = await startOwn({ policy: tokens(300) }, (server) =>
      server.on("upgrade", (_request, socket) => {
        const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        Reflect.apply(Reflect.get(Socket.prototype, "write"), socket, [head]);
      }),
    );
    const frames = await connect("ada");
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
    expect(await frames.closed()).toBe("fin");
    await until(() => gate.connections.size === 0, "it is gone");
  });

  test("is closed when its token expires: 4401, and its owner hears of it", async () => {
    const { sockets, connect } = await startOwn({ policy: tokens(300) });
    const frames = await connect("ada");
    expect(await frames.nextClose()).toMatchObject({ code: 4401, text: "Token expired" });
    frames.destroy();
    await until(() => sockets[0]?.socket.readyState === 3, "its owner knows");
  });

  test("is closed by a revocation of its subject, and no other is", async () => {
    let publish: (revocation: Revocation) => void = () => {};
    const revocations = {
      subscribe(listener: typeof publish) {
        publish = listener;
        return () => {};
      },
    };
    const { gate, connect } = await startOwn({ policy: tokens(), revocations });
    const [ada, bob] = [await connect("ada"), await connect("bob")];
    await until(() => gate.connections.size === 2, "both are open");
    publish({ subject: "ada" });
    expect(await ada.nextClose()).toMatchObject({ code: 4401, text: "Token revoked" });
    expect([...gate.connections].some(({ principal }) => principal === "bob")).toBe(true);
    bob.destroy();
  });

  test("is reached by disconnect, by its own close() and by the end of the gate", async () => {
    const { gate, connect } = await startOwn({ policy: tokens() });
    const [ada, bob, eve] = [await connect("ada"), await connect("bob"), await connect("eve")];
    await until(() => gate.connections.size === 3, "all are open");
    expect(gate.disconnect(({ principal }) => principal === "ada", 4409, "elsewhere")).toBe(1);
    expect(await ada.nextClose()).toMatchObject({ code: 4409, text: "elsewhere" });
    const connection = [...gate.connections].find(({ principal }) => principal === "bob");
    expect(() => connection?.close(1005)).toThrow(RangeError);
    connection?.close(4000, "bye");
    expect(await bob.nextClose()).toMatchObject({ code: 4000, text: "bye" });
    for (const frames of [ada, bob]) frames.destroy();
    const closed = gate.close();
    expect(await eve.nextClose()).toMatchObject({ code: 1001 });
    eve.destroy();
    await closed;
  });

  test("hears nothing of its client after the close frame, and its later messages are dropped", async () => {
    const { gate, sockets, connect } = await startOwn({ policy: tokens() });
    const frames = await connect("ada");
    await until(() => sockets.length === 1, "the listener has it");
    const heard: string[] = [];
    const [own] = sockets;
    own?.socket.on("message", (data: Buffer) => heard.push(data.toString()));
    frames.send("before");
    await until(() => heard.length === 1, "the first one is heard");
    gate.disconnect(() => true, 4401);
    own?.socket.send("too late");
    frames.send("after");
    expect(await frames.nextClose()).toMatchObject({ code: 4401 });
    frames.destroy();
    await until(() => own?.socket.readyState === 3, "it is closed");
    expect(heard).toEqual(["before"]);
  });

  test("keeps its expiry when refresh() of its identity brings a new token", async () => {
    const { sockets, connect } = await startOwn({ policy: tokens(60_000) });
    const frames = await connect("ada");
    await until(() => sockets.length === 1, "the listener has it");
    const identity = identityOf(sockets[0]?.request);
    expect((await identity?.refresh("bob"))?.code).toBe("token-forbidden");
    expect((await identity?.refresh("ada"))?.allowed).toBe(true);
    frames.destroy();
  });

  test("is not closed where the policy only reports", async () => {
    const policy = createPolicy<string>({
      origins: [],
      mode: "report",
      token: { from: [bearerHeader()], verify: () => grant({ principal: "ada", expiresAt: Date.now() + 50 }) },
    });
    const { gate, connect, sockets } = await startOwn({ policy });
    const frames = await connect("ada");
    await until(() => gate.connections.size === 1, "it is open");
    expect([...gate.connections][0]?.expiresAt).toBeUndefined();
    sockets[0]?.socket.send("still here");
    expect((await frames.next()).text).toBe("still here");
    frames.destroy();
  });

  test("may be opened from the request listener", async () => {
    const { gate, connect } = await startOwn({ policy: tokens() }, (server, ws) => {
      server.on("request", (request) =>
        ws.handleUpgrade(request, request.socket, Buffer.alloc(0), (opened) => ws.emit("connection", opened, request)),
      );
    });
    const frames = await connect("ada");
    await until(() => gate.connections.size === 1, "it is open");
    gate.disconnect(() => true, 4401, "out");
    expect(await frames.nextClose()).toMatchObject({ code: 4401, text: "out" });
  });
});

test("an ordinary response to a delegated handshake leaves the connection as it was", async () => {
  const connections: object[] = [];
  const server = createServer((request, response) => {
    connections.push(request.socket);
    response.end("page");
  });
  const { gate, target } = await startServer({ server });
  const answer = await handshake(target, { path: "/own", origin: page });
  expect([answer.status, answer.body]).toEqual([200, "page"]);
  expect(connections.map((connection) => Object.hasOwn(connection, "write"))).toEqual([false]);
  expect(gate.connections.size).toBe(0);
});

test("many handshakes that are delivered as requests on one connection leave no listener on it", async () => {
  const counts: number[] = [];
  const server = createServer((request, response) => {
    const { socket } = request;
    counts.push(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0));
    response.end("page");
  });
  const { target } = await startServer({ server });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  afterwards(async () => agent.destroy());
  for (let index = 0; index < 30; index++) {
    const asked = request({
      agent,
      port: target.port,
      path: "/own",
      headers: {
        Connection: "keep-alive",
        Upgrade: "websocket",
        Origin: page,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
      },
    });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    await once(response, "end");
  }
  expect(counts).toHaveLength(30);
  expect(counts.at(-1)).toBe(counts[1]);
});

test("a socket that its owner is closing gets the owner's close frame only, and its owner nothing more of the client", async () => {
  const { gate, sockets, connect } = await startOwn({ policy: tokens() });
  const frames = await connect("ada");
  await until(() => sockets.length === 1, "the listener has it");
  const [own] = sockets;
  const heard: unknown[] = [];
  own?.socket.on("message", (data) => heard.push(data));
  own?.socket.close(4000, "its own");
  gate.disconnect(() => true, 4401, "out");
  frames.send("after");
  expect(await frames.next()).toMatchObject({ kind: "close", code: 4000, text: "its own" });
  await expect(frames.next()).rejects.toThrow("The connection ended (fin)");
  frames.destroy();
  await until(() => gate.connections.size === 0, "it is gone");
  expect(heard).toEqual([]);
});

test("a half of a close frame that its owner has written is completed, and is the last frame", async () => {
  const rest: (() => void)[] = [];
  const { gate, connect } = await startOwn({ policy: tokens() }, (server) => {
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      const bytes = closeBytes(4000, "its own", { masked: false });
      socket.write(bytes.subarray(0, 3));
      rest.push(() => socket.write(bytes.subarray(3)));
    });
  });
  const frames = await connect("ada");
  await until(() => gate.connections.size === 1, "it is open");
  gate.disconnect(() => true, 4401);
  for (const write of rest) write();
  expect(await frames.next()).toMatchObject({ kind: "close", code: 4000 });
  await expect(frames.next()).rejects.toThrow("The connection ended (fin)");
});

test("a frame whose owner has written half of it is completed first", async () => {
  const halves: (() => void)[] = [];
  const { gate, connect } = await startOwn({ policy: tokens() }, (server) => {
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      const message = frameBytes("text", "whole message", { masked: false });
      const next = frameBytes("text", "never sent", { masked: false });
      socket.write(message.subarray(0, 1));
      halves.push(() => socket.write(message.subarray(1, 6)));
      halves.push(() => socket.write(Buffer.concat([message.subarray(6), next])));
    });
  });
  const frames = await connect("ada");
  await until(() => gate.connections.size === 1, "it is open");
  gate.disconnect(() => true, 4401);
  for (const write of halves) write();
  expect((await frames.next()).text).toBe("whole message");
  expect(await frames.next()).toMatchObject({ kind: "close", code: 4401 });
});

const readers: readonly (readonly [name: string, hear: (socket: Duplex, heard: unknown[]) => unknown])[] = [
  [
    "read()",
    (socket, heard) =>
      socket.on("readable", () => {
        const chunk: unknown = socket.read();
        if (chunk !== null) heard.push(chunk);
      }),
  ],
  [
    "for await",
    async (socket, heard) => {
      for await (const chunk of socket) heard.push(chunk);
    },
  ],
];

test.each(readers)("an owner that uses %s hears nothing of its client after the close frame", async (_name, hear) => {
  const heard: unknown[] = [];
  const { gate, connect } = await startOwn({ policy: tokens() }, (server) => {
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      void hear(socket, heard);
    });
  });
  const frames = await connect("ada");
  await until(() => gate.connections.size === 1, "it is open");
  frames.send("before");
  await until(() => heard.length === 1, "the first one is heard");
  gate.disconnect(() => true, 4401);
  frames.send("after");
  expect(await frames.nextClose()).toMatchObject({ code: 4401 });
  frames.destroy();
  await until(() => gate.connections.size === 0, "it is gone");
  expect(heard).toHaveLength(1);
});

test("a client that does not end its side is cut off after five seconds", async () => {
  const { gate, connect } = await startOwn({ policy: tokens() });
  const frames = await connect("ada");
  await until(() => gate.connections.size === 1, "it is open");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    gate.disconnect(() => true, 4401);
    vi.advanceTimersByTime(5000);
  } finally {
    vi.useRealTimers();
  }
  await until(() => gate.connections.size === 0, "it is gone");
  frames.destroy();
});

describe.each(kinds)("a stream of HTTP/2 $name that a listener of the app answers", ({ make }) => {
  test("is closed by the gate with a close frame", async () => {
    const { gate, target } = await startServer({
      server: make(),
      before(server) {
        server.on("stream", (stream: ServerHttp2Stream) => {
          stream.respond({ ":status": 200 });
          stream.write(frameBytes("text", "hello", { masked: false }));
          stream.resume();
        });
      },
    });
    const frames = await openStream(target, { path: "/own" });
    expect((await frames.next()).text).toBe("hello");
    await until(() => gate.connections.size === 1, "it is held");
    gate.disconnect(() => true, 4401, "out");
    expect(await frames.next()).toMatchObject({ kind: "close", code: 4401, text: "out" });
    frames.destroy();
    await until(() => gate.connections.size === 0, "it is gone");
  });
});

test("a listener that takes a handshake and is slower than grace: 503, with the option to raise in the log", async () => {
  const texts: string[] = [];
  const codes: string[] = [];
  const server = createServer();
  const { target } = await startServer(
    { server, after: (guarded) => void guarded.on("upgrade", (_request, socket) => void socket.on("data", () => {})) },
    {
      grace: 50,
      log: (text) => void texts.push(text),
      onDecision: ({ decision }) => void codes.push(decision.code),
    },
  );
  expect((await handshake(target, { path: "/own", origin: page })).status).toBe(503);
  expect(codes).toEqual(["timed-out"]);
  expect(texts.join("")).toContain("raise `grace`");
});
