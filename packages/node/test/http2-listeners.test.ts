import { type EventEmitter, once } from "node:events";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import { frameBytes, selfSigned, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { ask, kinds, openStream, ownListener, places, responseTo, send, session } from "./http2-support.ts";
import { echo, evil, startServer } from "./support.ts";

describe.each(kinds)("streams $name: the app's own listeners", ({ make }) => {
  describe.each(places)("on $place", ({ attach }) => {
    test.each(["before", "after"] as const)(
      "attached %s the guard, see what is allowed on no route, and nothing else",
      async (when) => {
        const seen: string[] = [];
        const { gate, target, event, events } = await startServer({
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
        expect(events).toHaveLength(6);
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
    const { target, errors, event } = await startServer({
      server: make(),
      after: (server) => void server.on("stream", (stream: ServerHttp2Stream) => stream.close()),
    });
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
