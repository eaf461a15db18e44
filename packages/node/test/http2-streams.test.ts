import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { frameBytes, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import { fields, kinds, onEveryStream, responseTo, send, session, startHttp2 } from "./http2-support.ts";
import { evil, SlowDirectory, startServer } from "./support.ts";

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
