import { frameBytes, handshake, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { createPolicy, type Context } from "../src/index.ts";
import { ask, kinds, makeSecure, openStream, responseTo, send, session, startHttp2 } from "./http2-support.ts";
import { echo, evil, page, SlowDirectory } from "./support.ts";

test("HTTP/1.1 on the same port: the listed page opens a socket, another does not", async () => {
  const { gate, target } = await startHttp2(makeSecure);
  gate.route("/chat", echo);
  const refused = await handshake(target, { path: "/chat", origin: evil });
  expect(refused.raw.toString()).toBe(
    "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n\r\nForbidden",
  );
  expect(refused.closed).toBe("fin");
  const answer = await handshake(target, { path: "/chat", origin: page });
  answer.frames?.send("hello");
  expect((await answer.frames?.next())?.text).toBe("hello");
  answer.frames?.destroy();
});

describe.each(kinds)("an extended CONNECT $name", ({ make, scheme }) => {
  test("from the listed page on a route opens a socket", async () => {
    const { gate, target, event } = await startHttp2(make);
    const contexts: Context[] = [];
    gate.route("/chat/:room", (socket, context) => {
      contexts.push(context);
      echo(socket);
    });
    const headers = { cookie: ["a=1", "b=2%20"] };
    const answer = await ask(target, { path: "/chat/lobby?x=1", headers });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name !== "date")).toEqual([":status"]);
    answer.frames?.send("hello");
    expect((await answer.frames?.next())?.text).toBe("hello");

    const [context] = contexts;
    expect(context).toMatchObject({
      params: { room: "lobby" },
      origin: page,
      ip: "127.0.0.1",
      route: "/chat/:room",
      protocol: "",
    });
    expect(String(context?.query)).toBe("x=1");
    expect(context?.cookies).toMatchObject({ a: "1", b: "2 " });
    expect(context?.request).toMatchObject({ method: "CONNECT", url: "/chat/lobby?x=1", httpVersion: "2.0" });
    expect(gate.connections).toEqual(new Set(contexts));
    expect(await event(0)).toMatchObject({
      decision: { code: "origin-listed" },
      route: "/chat/:room",
      mode: "enforce",
    });

    expect(await answer.frames?.close(1000)).toMatchObject({ kind: "close", code: 1000 });
    await until(() => gate.connections.size === 0, "the socket is gone");
  });

  test("from another page is refused: 403, the same fields as over HTTP/1.1 but for Connection", async () => {
    const { gate, target, event } = await startHttp2(make);
    gate.route("/chat", () => expect.unreachable());
    const answer = await ask(target, { path: "/chat", origin: evil });
    // Node adds the date.
    expect(Object.entries(answer.headers).filter(([name]) => name !== "date")).toEqual([
      [":status", 403],
      ["content-type", "text/plain; charset=utf-8"],
      ["content-length", "9"],
    ]);
    expect(answer.body).toBe("Forbidden");
    expect(await event(0)).toMatchObject({ decision: { code: "origin-not-listed", origin: evil }, route: "/chat" });
  });

  test.each([
    ["without an Origin", { origin: null }, 403, "origin-missing"],
    ["with two", { origin: [page, evil] }, 400, "origin-repeated"],
    ["from a sandbox", { origin: "null" }, 403, "origin-opaque"],
    ["of another version", { headers: { "sec-websocket-version": "8" } }, 426, "version-unsupported"],
    ["for another protocol", { protocol: "connect-udp" }, 501, "protocol-unsupported"],
    [
      "with a list of protocols that is none",
      { headers: { "sec-websocket-protocol": "a,,b" } },
      400,
      "handshake-malformed",
    ],
    ["for no path", { path: "chat", headers: { ":scheme": "wss" } }, 400, "handshake-malformed"],
    ["for text that is none", { path: "/chat/%zz" }, 400, "handshake-malformed"],
    ["on no route", { path: "/nowhere" }, 501, "protocol-unsupported"],
  ] as const)("%s is refused", async (_name, request, status, code) => {
    const { gate, target, event } = await startHttp2(make);
    gate.route("/chat", () => expect.unreachable()).route("/chat/:room", () => expect.unreachable());
    const answer = await ask(target, { path: "/chat", ...request });
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.headers)).not.toContain("upgrade");
    expect(answer.body.length).toBe(Number(answer.headers["content-length"]));
    expect((await event(0)).decision.code).toBe(code);
  });

  test(":authority is the Host: a name that is not listed is refused", async () => {
    const { gate, target, event } = await startHttp2(make, {
      policy: createPolicy({ origins: [page], hosts: ["api.example"] }),
    });
    gate.route("/chat", echo);
    expect((await ask(target, { path: "/chat", authority: "api.example:8443" })).status).toBe(200);
    expect((await ask(target, { path: "/chat", authority: "rebind.test" })).status).toBe(403);
    expect((await event(1)).decision.code).toBe("host-not-listed");
  });

  test("a Host beside :authority may only say the same", async () => {
    const { gate, target, event } = await startHttp2(make);
    gate.route("/chat", echo);
    const authority = "api.example";
    expect((await ask(target, { path: "/chat", authority, headers: { host: "api.example" } })).status).toBe(200);
    expect((await ask(target, { path: "/chat", authority, headers: { host: "other.example" } })).status).toBe(400);
    expect((await event(1)).decision.code).toBe("host-repeated");
  });

  test("sameHost compares with :authority and the connection's own scheme", async () => {
    const { gate, target } = await startHttp2(make, { policy: createPolicy({ sameHost: true, hosts: ["localhost"] }) });
    gate.route("/chat", echo);
    const authority = "localhost:8443";
    expect((await ask(target, { path: "/chat", authority, origin: `${scheme}://localhost:8443` })).status).toBe(200);
    const other = scheme === "http" ? "https" : "http";
    expect((await ask(target, { path: "/chat", authority, origin: `${other}://localhost:8443` })).status).toBe(403);
  });

  test("the first of the route's protocols that is offered is agreed on, and nothing is echoed", async () => {
    const { gate, target } = await startHttp2(make, { protocols: ["v2", "v1"] });
    gate.route("/chat", (socket, { protocol }) => socket.send(protocol));
    const both = await ask(target, { path: "/chat", headers: { "sec-websocket-protocol": "bearer.secret, v1, v2" } });
    expect(both.headers["sec-websocket-protocol"]).toBe("v2");
    expect((await both.frames?.next())?.text).toBe("v2");
    const none = await ask(target, { path: "/chat", headers: { "sec-websocket-protocol": "bearer.secret" } });
    expect(none.headers).not.toHaveProperty("sec-websocket-protocol");
    expect((await none.frames?.next())?.text).toBe("");
  });

  test("messages of any size go both ways, one above maxPayload closes with 1009", async () => {
    const { gate, target } = await startHttp2(make, { maxPayload: 600_000 });
    gate.route("/chat", echo);
    const frames = await openStream(target, { path: "/chat" });
    for (const size of [0, 125, 126, 65_536, 500_000]) {
      const sent = Buffer.alloc(size, size % 251);
      frames.send(sent);
      expect((await frames.next()).data.equals(sent)).toBe(true);
    }
    frames.send(Buffer.alloc(600_001));
    expect((await frames.nextClose())?.code).toBe(1009);
  });

  test("frames that do not wait for the answer are not lost", async () => {
    const directory = new SlowDirectory();
    const { gate, target } = await startHttp2(make, { policy: createPolicy({ directory }) });
    const texts: string[] = [];
    gate.route(
      "/chat",
      (socket) =>
        void socket.on("message", (data) => texts.push(Buffer.isBuffer(data) ? data.toString() : "fragments")),
    );
    const stream = send(await session(target));
    stream.write(frameBytes("text", "one"));
    await directory.asked();
    stream.write(frameBytes("text", "two"));
    directory.answer(true);
    expect((await responseTo(stream))[":status"]).toBe(200);
    stream.write(frameBytes("text", "three"));
    await until(() => texts.length === 3, "all three have come");
    expect(texts).toEqual(["one", "two", "three"]);
  });

  test('refuseWith "close": opened and closed at once', async () => {
    const { gate, target } = await startHttp2(make, { refuseWith: "close" });
    gate.route("/chat", () => expect.unreachable());
    const frames = await openStream(target, { path: "/chat", origin: evil });
    expect(await frames.close()).toMatchObject({ code: 4403, text: "Forbidden" });
    expect(gate.connections.size).toBe(0);
  });

  test("a gate that closes: 1001 to the open, 503 to the pending and the new", async () => {
    const directory = new SlowDirectory();
    const { gate, target } = await startHttp2(make, { policy: createPolicy({ origins: [page], directory }) });
    gate.route("/chat", echo);
    const open = await openStream(target, { path: "/chat" });
    const pending = send(await session(target), "/chat", "https://tenant.example");
    await directory.asked();
    const closing = gate.close({ timeout: 60_000 });
    expect(await responseTo(pending)).toMatchObject({ ":status": 503, "retry-after": "5" });
    expect((await ask(target, { path: "/chat" })).status).toBe(503);
    expect((await open.close())?.code).toBe(1001);
    await closing;
    expect(gate.connections.size).toBe(0);
  });

  test("a directory that never answers: 503 at the deadline", async () => {
    const directory = new SlowDirectory();
    const { gate, target, event } = await startHttp2(make, { policy: createPolicy({ directory }), deadline: 50 });
    gate.route("/chat", () => expect.unreachable());
    expect((await ask(target, { path: "/chat" })).status).toBe(503);
    expect((await event(0)).decision.code).toBe("timed-out");
    expect(directory.signals[0]?.aborted).toBe(true);
  });
});
