import { EventEmitter, once } from "node:events";
import { createServer, Server } from "node:http";
import { connect, createSecureServer, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createNetServer, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { handshake, selfSigned } from "@wsorigin/testing";
import { Server as SocketIo } from "socket.io";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { GateError, guard } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page, policy, statusOf } from "./support.ts";

/** What an Express or Connect app is: a function with the methods of an emitter, and `listen`. */
function expressLike(): object {
  const app = (): void => {};
  return Object.assign(app, EventEmitter.prototype, { listen: () => createServer(), handle: app });
}

/** What a Koa app is: an emitter with `listen` and `callback`. */
class KoaLike extends EventEmitter {
  listen(): Server {
    return createServer();
  }
  callback(): () => void {
    return () => {};
  }
}

/** What a Fastify instance is: an object that holds its server. */
const fastifyLike = { server: createServer(), listen: () => {}, ready: () => {}, emit: () => {}, on: () => {} };

const notServers: readonly (readonly [name: string, make: () => unknown])[] = [
  ["nothing", () => undefined],
  ["null", () => null],
  ["a port", () => 8080],
  ["a URL", () => "http://localhost"],
  ["an object", () => ({})],
  ["an emitter", () => new EventEmitter()],
  ["an Express or Connect app", expressLike],
  ["a Koa app", () => new KoaLike()],
  ["a Fastify instance", () => fastifyLike],
  ["a request listener", () => () => {}],
  ["a ws server", () => new WebSocketServer({ noServer: true })],
  ["a Socket.IO server", () => new SocketIo()],
  ["a net server", () => createNetServer()],
  ["a TLS server", () => createTlsServer(selfSigned)],
  ["a socket", () => new Socket()],
  ["the class of servers", () => Server],
  [
    "an object with every method of a server",
    () => ({ emit: () => {}, on: () => {}, listen: () => {}, close: () => {}, listeners: () => [] }),
  ],
];

const servers: readonly (readonly [name: string, make: () => Parameters<typeof guard>[0]])[] = [
  ["http", () => createServer()],
  ["https", () => createHttpsServer(selfSigned)],
  ["http2", () => createHttp2Server()],
  ["http2 over TLS", () => createSecureServer(selfSigned)],
  ["http2 with HTTP/1.1", () => createSecureServer({ ...selfSigned, allowHTTP1: true })],
  ["a subclass of http.Server", () => new (class extends Server {})()],
];

describe("guard() takes servers only", () => {
  test.each(notServers)("%s is refused, with what a server is", (_name, make) => {
    const call = (): unknown => Reflect.apply(guard, undefined, [make(), { policy, log: false }]);
    expect(call).toThrow(GateError);
    expect(call).toThrow(/createServer|app\.listen\(\)/);
    expect(call).toThrow(
      expect.objectContaining({
        code: "ERR_WSORIGIN_GATE",
        issues: [expect.objectContaining({ code: expect.any(String), message: expect.stringMatching(/server/) })],
      }),
    );
  });

  test.each(servers)("%s is accepted", async (_name, make) => {
    const gate = guard(make(), { policy, log: false });
    expect(gate.connections.size).toBe(0);
    await gate.close();
  });
});

describe("an HTTP/2 server with open sessions", () => {
  async function listening(make: () => Http2Server | ReturnType<typeof createSecureServer>, scheme: string) {
    const server = make();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const opened = connect(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      rejectUnauthorized: false,
    });
    afterwards(async () => {
      opened.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return { server, opened };
  }

  test.each([
    ["over TLS", () => createSecureServer({ ...selfSigned, settings: { enableConnectProtocol: true } }), "https"],
    ["over TLS, with HTTP/1.1", () => createSecureServer({ ...selfSigned, allowHTTP1: true }), "https"],
    ["in the clear", () => createHttp2Server(), "http"],
  ] as const)("%s is refused: their streams would not be guarded", async (_name, make, scheme) => {
    const { server, opened } = await listening(make, scheme);
    await Promise.all([once(opened, "remoteSettings"), once(server, "session")]);
    const call = (): unknown => guard(server, { policy, log: false });
    expect(call).toThrow(GateError);
    expect(call).toThrow(/session/i);
    // It is as it was: nothing of the gate is left on it.
    const streams: unknown[] = [];
    server.on("stream", (stream) => {
      streams.push(stream);
      stream.respond({ ":status": 204 }, { endStream: true });
    });
    const [headers] = await once(opened.request({ ":path": "/" }), "response");
    expect([headers[":status"], streams.length]).toEqual([204, 1]);
  });

  test("one that listens and has none is accepted", async () => {
    const server = createHttp2Server();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    afterwards(async () => void server.close());
    const gate = guard(server, { policy, log: false });
    expect(gate.connections.size).toBe(0);
    await gate.close();
  });
});

describe("a guarded server that never listens", () => {
  let texts: string[];
  const log = (text: string): void => void texts.push(text);

  beforeEach(() => {
    texts = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(servers)("%s: is warned of once, after ten seconds", (_name, make) => {
    guard(make(), { policy, log });
    vi.advanceTimersByTime(9_900);
    expect(texts).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(texts).toEqual([
      expect.stringMatching(/is not listening.*no connection has reached it.*@socket\.io\/sticky/),
    ]);
    vi.advanceTimersByTime(3_600_000);
    expect(texts).toHaveLength(1);
  });

  test("says nothing with log: false", () => {
    guard(createServer(), { policy, log: false });
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow();
  });

  test("a log that throws there is told to onError, and ends nothing", () => {
    const errors: unknown[] = [];
    const failing = (): never => {
      throw new Error("no disk");
    };
    guard(createServer(), { policy, log: failing, onError: (error) => void errors.push(error) });
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow();
    expect(errors).toEqual([new Error("no disk")]);
  });

  test("is not warned of when its gate is closed first", async () => {
    await guard(createServer(), { policy, log }).close();
    vi.advanceTimersByTime(60_000);
    expect(texts).toEqual([]);
  });

  test.each(["before", "after"] as const)("is not warned of where it listens %s it is guarded", async (when) => {
    const server = createServer();
    const listen = async (): Promise<void> => {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    };
    if (when === "before") await listen();
    guard(server, { policy, log });
    vi.advanceTimersByTime(9_000);
    if (when === "after") await listen();
    vi.advanceTimersByTime(60_000);
    expect(texts).toEqual([]);
    server.close();
  });

  test("is not warned of where it listened and closed again", async () => {
    const server = createServer();
    guard(server, { policy, log });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await new Promise((resolve) => server.close(resolve));
    vi.advanceTimersByTime(60_000);
    expect(texts).toEqual([]);
  });

  test("is not warned of where it gets its connections from another server", async () => {
    vi.useRealTimers();
    const server = createServer((_request, response) => response.end("page"));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    guard(server, { policy, log });
    const front = createNetServer((socket) => server.emit("connection", socket));
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    afterwards(async () => {
      server.closeAllConnections();
      front.close();
    });
    const target = { port: (front.address() as AddressInfo).port };
    expect(await statusOf(target, { path: "/chat", origin: "https://evil.test" })).toBe(403);
    texts.length = 0;
    vi.advanceTimersByTime(60_000);
    expect(texts.filter((text) => /listen/i.test(text))).toEqual([]);
  });
});

test("an app in place of its server leaves the server unguarded, so that it is refused before any handshake", async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  afterwards(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  expect(() => Reflect.apply(guard, undefined, [expressLike(), { policy, log: false }])).toThrow(GateError);
  const gate = guard(server, { policy, log: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const target = { port: (server.address() as AddressInfo).port };
  expect((await handshake(target, { path: "/", origin: "https://evil.test" })).status).toBe(403);
  const { frames, status } = await handshake(target, { path: "/", origin: page });
  frames?.destroy();
  expect(status).toBe(101);
  await gate.close({ timeout: 100 });
});
