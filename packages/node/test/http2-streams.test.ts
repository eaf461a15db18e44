import { once } from "node:events";
import { constants, createServer, type ServerHttp2Stream } from "node:http2";
import { connect as connectSocket, createServer as createRelay } from "node:net";
import { frameBytes, until } from "@wsorigin/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createPolicy } from "../src/index.ts";
import { fields, kinds, onEveryStream, openStream, responseTo, send, session, startHttp2 } from "./http2-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { echo, evil, page, SlowDirectory, startServer } from "./support.ts";

afterEach(() => void vi.useRealTimers());

describe.each(kinds)("streams $name: a client that leaves", ({ make }) => {
  test.each([
    ["cancels", constants.NGHTTP2_CANCEL],
    ["closes without an error", constants.NGHTTP2_NO_ERROR],
    ["closes with an error", constants.NGHTTP2_INTERNAL_ERROR],
    ["is not what the server thought", constants.NGHTTP2_REFUSED_STREAM],
  ] as const)("%s while the directory is asked: client-gone, aborted", async (_name, code) => {
    const directory = new SlowDirectory();
    const { gate, target, event } = await startHttp2(make, { policy: createPolicy({ directory }), maxPending: 1 });
    gate.route("/chat", () => expect.unreachable());
    const client = await session(target);
    const stream = send(client);
    await directory.asked();
    stream.close(code);
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
        { policy: createPolicy({ directory }), deadline: 1000 },
      );
      gate.route("/chat", () => {});
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const stream = send(await session(target));
      stream.end(frameBytes("text", "unread"));
      await directory.asked();
      stream.close(constants.NGHTTP2_NO_ERROR);
      await until(() => streams[0]?.closed === true, "the server knows");
      if (answer === undefined) vi.advanceTimersByTime(1000);
      else directory.answer(answer);
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

  test("while its socket is open: gone from connections, in whatever way it leaves", async () => {
    const { gate, target } = await startHttp2(make);
    const codes: number[] = [];
    gate.route("/chat", (socket) => void socket.on("close", (code) => codes.push(code)));
    const [client, other] = [await session(target), await session(target)];
    const streams = [client, client, client, client, other].map((on) => send(on));
    await Promise.all(streams.map((stream) => once(stream, "response")));
    expect(gate.connections.size).toBe(5);
    const [cancelled, failed, closed, ended] = streams;
    cancelled?.close(constants.NGHTTP2_CANCEL);
    failed?.close(constants.NGHTTP2_INTERNAL_ERROR);
    closed?.close(constants.NGHTTP2_NO_ERROR);
    ended?.end();
    other.destroy();
    await until(() => gate.connections.size === 0, "all are gone");
    expect(codes).toEqual([1006, 1006, 1006, 1006, 1006]);
  });

  test("2000 refused leave nothing", async () => {
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
      // Half of them never end what they have begun.
      await Promise.all(
        batch.map((stream, index) => once(index % 2 === 0 ? stream.resume() : stream.resume().end(), "close")),
      );
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

test("a connection that is reset ends its streams, whatever they are at, and nothing else", async () => {
  const directory = new SlowDirectory();
  const { gate, target, events, errors } = await startServer(
    { server: createServer({ settings: { enableConnectProtocol: true } }) },
    { policy: createPolicy({ origins: [page], directory }) },
  );
  const codes: number[] = [];
  gate.route("/chat", (socket) => void socket.on("close", (code) => codes.push(code)));
  const upstream = connectSocket(target.port, "127.0.0.1").on("error", () => {});
  const relay = createRelay(
    (socket) =>
      void socket
        .on("error", () => {})
        .pipe(upstream)
        .pipe(socket),
  );
  await once(relay.listen(0, "127.0.0.1"), "listening");
  afterwards(async () => void relay.close());
  const address = relay.address();
  const client = await session({ port: typeof address === "object" && address !== null ? address.port : 0 });
  await once(send(client), "response");
  send(client, "/chat", "https://tenant.example");
  await directory.asked();
  upstream.resetAndDestroy();
  await until(() => codes.length === 1 && events.length === 2, "both are gone");
  expect(events.map(({ decision }) => decision.code)).toEqual(["origin-listed", "client-gone"]);
  expect(errors).toEqual([]);
});

test.each(kinds)(
  "$name a handler that pauses its socket leaves on the client's side what is too much to hold",
  async ({ make }) => {
    const streams: ServerHttp2Stream[] = [];
    const { gate, target } = await startServer({
      server: make(),
      before: (server) => onEveryStream(server, (stream) => void streams.push(stream)),
    });
    gate.route("/chat", (socket) => {
      socket.pause();
      echo(socket);
    });
    const frames = await openStream(target, { path: "/chat" });
    frames.send(Buffer.alloc(1_000_000));
    await until(() => streams[0]?.isPaused() === true, "the stream is paused");
    const [connection] = gate.connections;
    if (connection?.route !== undefined) connection.socket.resume();
    expect((await frames.next()).data).toHaveLength(1_000_000);
  },
);
