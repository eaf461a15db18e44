import { type EventEmitter, once } from "node:events";
import { constants, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { frameBytes, selfSigned, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import {
  ask,
  fields,
  kinds,
  onEveryStream,
  openStream,
  ownListener,
  places,
  responseTo,
  send,
  session,
  startHttp2,
} from "./http2-support.ts";
import { echo, evil, SlowDirectory, startServer } from "./support.ts";

describe.each(kinds)("streams $name: the app's own listeners", ({ make }) => {
  describe.each(places)("on $place", ({ attach }) => {
    test.each(["before", "after"] as const)(
      "attached %s the guard, see what is allowed on no route, and nothing else",
      async (when) => {
        const seen: string[] = [];
        const { gate, target, event } = await startServer({
          server: make(),
          [when]: (server: ReturnType<typeof make>) => attach(server, ownListener(seen)),
        });
        gate.route("/chat", echo);
        expect((await ask(target, { path: "/own", origin: evil })).status).toBe(403);
        expect((await ask(target, { path: "/own", origin: null })).status).toBe(403);
        expect((await ask(target, { path: "/own", protocol: "connect-udp" })).status).toBe(501);
        expect((await ask(target, { path: "/chat", origin: evil })).status).toBe(403);
        (await openStream(target, { path: "/chat" })).destroy();
        expect(seen).toEqual([]);

        const answer = await ask(target, { path: "/own" });
        expect(answer.status).toBe(200);
        expect(answer.headers["x-answered-by"]).toBe("app");
        expect(seen).toEqual(["CONNECT /own https://app.example"]);
        expect(await event(5)).toMatchObject({ decision: { code: "origin-listed" }, mode: "enforce" });
        expect((await event(5)).route).toBeUndefined();
      },
    );
  });

  test("one that never answers: 404 after the grace", async () => {
    const { target, event } = await startServer(
      { server: make(), before: (server) => void server.on("stream", ownListener([])) },
      { grace: 50 },
    );
    expect((await ask(target, { path: "/else" })).status).toBe(404);
    expect((await event(0)).decision.code).toBe("route-not-found");
  });

  test("one that closes the stream without an answer: nothing is sent, and nothing breaks", async () => {
    const { target, errors, event } = await startServer(
      { server: make(), after: (server) => void server.on("stream", (stream: ServerHttp2Stream) => stream.close()) },
      { grace: 30 },
    );
    const client = await session(target);
    const stream = send(client, "/own");
    stream.write(frameBytes("binary", Buffer.alloc(1000)));
    const codes: unknown[] = [];
    stream.on("response", (headers) => codes.push(headers[":status"]));
    await once(stream, "close");
    expect(await event(0)).toMatchObject({ decision: { code: "origin-listed" } });
    expect(codes).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("one that throws does not end the server", async () => {
    const { target, errors } = await startServer({
      server: make(),
      after: (server) =>
        void server.on("stream", () => {
          throw new Error("foreign");
        }),
    });
    expect((await ask(target, { path: "/own" })).status).toBeUndefined();
    expect((await ask(target, { path: "/own" })).status).toBeUndefined();
    expect(errors).toHaveLength(2);
  });

  test("on connect, which Node's compatibility API emits: the same", async () => {
    const seen: string[] = [];
    const { target } = await startServer({
      server: make(),
      after(server) {
        server.on("request", (_request, response) => response.end("page"));
        server.on("connect", (request, response) => {
          seen.push(request.headers.origin);
          response.writeHead(200, { "x-answered-by": "app" });
          response.flushHeaders();
        });
      },
    });
    expect((await ask(target, { path: "/own", origin: evil })).status).toBe(403);
    expect(seen).toEqual([]);
    expect((await ask(target, { path: "/own" })).headers["x-answered-by"]).toBe("app");
    expect(seen).toEqual(["https://app.example"]);
  });

  test("Node's own compatibility listener is none of them: 501, not 405", async () => {
    const { target, event } = await startServer({
      server: make(),
      before: (server) => void server.on("request", (_request, response) => response.end("page")),
    });
    expect((await ask(target, { path: "/own" })).status).toBe(501);
    expect((await event(0)).decision.code).toBe("protocol-unsupported");
  });

  test('unrouted "pass" and "refuse"', async () => {
    const seen: string[] = [];
    const attach = (server: EventEmitter): void => void server.on("stream", ownListener(seen));
    const passing = await startServer({ server: make(), before: attach }, { unrouted: "pass" });
    expect((await ask(passing.target, { path: "/own", origin: evil })).status).toBe(200);
    expect(await passing.event(0)).toMatchObject({ decision: { code: "origin-not-listed" }, mode: "report" });
    const refusing = await startServer({ server: make(), before: attach }, { unrouted: "refuse" });
    expect((await ask(refusing.target, { path: "/own" })).status).toBe(404);
    expect(seen).toHaveLength(1);
  });

  test("what is no extended CONNECT is theirs as ever", async () => {
    const seen: string[] = [];
    const { target, events } = await startServer({
      server: make(),
      after: (server) => void server.on("stream", ownListener(seen)),
    });
    const client = await session(target);
    client.request({ ":path": "/own/page", origin: evil }).resume();
    const connect = client.request({ ":method": "CONNECT", ":authority": "evil.test:443" });
    await until(() => seen.length === 2, "both have come");
    expect(seen).toEqual(["GET /own/page https://evil.test", "CONNECT"]);
    connect.close();
    expect(events).toEqual([]);
  });
});

describe.each(kinds)("streams $name: a client that leaves", ({ make }) => {
  test.each([
    ["cancels", (stream: { close(code: number): void }) => stream.close(constants.NGHTTP2_CANCEL)],
    ["closes without an error", (stream: { close(code: number): void }) => stream.close(constants.NGHTTP2_NO_ERROR)],
  ] as const)("%s while the directory is asked: client-gone, aborted", async (_name, leave) => {
    const directory = new SlowDirectory();
    const { gate, target, event } = await startHttp2(make, { policy: createPolicy({ directory }), maxPending: 1 });
    gate.route("/chat", () => expect.unreachable());
    const client = await session(target);
    const stream = send(client);
    await directory.asked();
    leave(stream);
    expect((await event(0)).decision.code).toBe("client-gone");
    expect(directory.signals[0]?.aborted).toBe(true);
    directory.answer(true);
    // There is room again.
    send(client);
    await directory.asked(2);
  });

  test.each([
    ["decided", true],
    ["given up", undefined],
  ] as const)(
    "having sent something, leaves without an error, before the handshake is %s: nothing breaks",
    async (_name, answer) => {
      const directory = new SlowDirectory();
      const streams: ServerHttp2Stream[] = [];
      const { gate, target, errors, events, event } = await startServer(
        { server: make(), after: (server) => onEveryStream(server, (stream) => void streams.push(stream)) },
        { policy: createPolicy({ directory }), deadline: 200 },
      );
      gate.route("/chat", () => {});
      const stream = send(await session(target));
      stream.end(frameBytes("text", "unread"));
      await directory.asked();
      stream.close(constants.NGHTTP2_NO_ERROR);
      await until(() => streams[0]?.closed === true, "the server knows");
      if (answer !== undefined) directory.answer(answer);
      expect((await event(0)).decision.code).toBe("client-gone");
      await until(() => streams[0]?.destroyed === true, "the stream is gone");
      expect(events).toHaveLength(1);
      expect(gate.connections.size).toBe(0);
      expect(errors).toEqual([]);
    },
  );

  test("takes the whole connection along: client-gone for each", async () => {
    const directory = new SlowDirectory();
    const { gate, target, events } = await startHttp2(make, { policy: createPolicy({ directory }) });
    gate.route("/chat", () => expect.unreachable());
    const client = await session(target);
    for (let count = 0; count < 3; count++) send(client);
    await directory.asked(3);
    client.socket.unref();
    client.destroy();
    await until(() => events.length === 3, "all three are told of");
    expect(events.map(({ decision }) => decision.code)).toEqual(Array(3).fill("client-gone"));
    expect(directory.signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test("in the very moment of the decision: client-gone, and nothing else", async () => {
    const directory = new SlowDirectory();
    const { gate, target, errors, event } = await startServer(
      {
        server: make(),
        after(server) {
          // Before `close`, which is what the gate listens for.
          onEveryStream(server, (stream) => void stream.once("aborted", () => directory.answer(true)));
        },
      },
      { policy: createPolicy({ directory }) },
    );
    gate.route("/chat", () => expect.unreachable());
    const stream = send(await session(target));
    await directory.asked();
    stream.close(constants.NGHTTP2_CANCEL);
    expect((await event(0)).decision.code).toBe("client-gone");
    expect(errors).toEqual([]);
  });

  test("while its socket is open: gone from connections", async () => {
    const { gate, target } = await startHttp2(make);
    const codes: number[] = [];
    gate.route("/chat", (socket) => void socket.on("close", (code) => codes.push(code)));
    const client = await session(target);
    const [first, second] = [send(client), send(client)];
    await Promise.all([once(first, "response"), once(second, "response")]);
    expect(gate.connections.size).toBe(2);
    first.close(constants.NGHTTP2_CANCEL);
    second.end();
    await until(() => gate.connections.size === 0, "both are gone");
    expect(codes).toEqual([1006, 1006]);
  });

  test("2000 refused leave nothing", { timeout: 30_000 }, async () => {
    const streams: ServerHttp2Stream[] = [];
    const { gate, target, events } = await startServer(
      {
        server: make(),
        before: (server) => onEveryStream(server, (stream) => void streams.push(stream)),
      },
      { maxPending: 1 },
    );
    gate.route("/chat", () => expect.unreachable());
    const client = await session(target);
    for (let count = 0; count < 2000; count += 100) {
      const batch = Array.from({ length: 100 }, () => send(client, "/chat", evil));
      await Promise.all(batch.map((stream) => once(stream.resume().end(), "close")));
    }
    expect(streams).toHaveLength(2000);
    await until(() => streams.every(({ destroyed }) => destroyed), "every stream is gone");
    expect(new Set(events.map(({ decision }) => decision.code))).toEqual(new Set(["origin-not-listed"]));
    expect(events).toHaveLength(2000);
    expect(gate.connections.size).toBe(0);
    const last = client.request(fields(), { endStream: false });
    expect((await responseTo(last))[":status"]).toBe(200);
  });
});

test("a server that was given a request handler keeps answering ordinary requests", async () => {
  const server = createSecureServer(
    { ...selfSigned, allowHTTP1: true, settings: { enableConnectProtocol: true } },
    (_request, response) => void response.end("page"),
  );
  const { gate, target } = await startServer({ server });
  gate.route("/chat", echo);
  const client = await session(target);
  const stream = client.request({ ":path": "/", origin: evil });
  let body = "";
  for await (const chunk of stream) body += String(chunk);
  expect(body).toBe("page");
  (await openStream(target, { path: "/chat" })).destroy();
  const plain = client.request({ ":method": "CONNECT", ":authority": "evil.test:443" });
  expect((await responseTo(plain))[":status"]).toBe(405);
});
