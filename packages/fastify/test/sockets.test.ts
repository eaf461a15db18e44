import { connect as connectHttp2 } from "node:http2";
import { connectStream, frameBytes, handshake, selfSigned, until } from "@wsorigin/testing";
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import { evil, firstMessage, openSockets, page, start } from "./support.ts";

function text(data: Buffer | ArrayBuffer | Buffer[]): string {
  return Buffer.isBuffer(data) ? data.toString() : "";
}

function echo(app: FastifyInstance): void {
  app.get("/echo", { websocket: true }, (socket) => {
    socket.send("open");
    socket.on("message", (data) => socket.send(text(data)));
  });
}

describe("injectWS goes through the policy", () => {
  test("an allowed page's opens and echoes", async () => {
    const { app, events } = await start(echo);
    const socket = await app.injectWS("/echo", { headers: { origin: page } });
    const answer = new Promise((resolve) =>
      socket.on("message", (data) => text(data) !== "open" && resolve(text(data))),
    );
    socket.send("hello");
    expect(await answer).toBe("hello");
    expect(app.wsorigin.connections.size).toBe(1);
    socket.terminate();
    await until(() => app.wsorigin.connections.size === 0, "the gate has let go of it");
    expect(events.map(({ decision }) => decision.code)).toEqual(["origin-listed"]);
  });

  test.each<[string, string, Record<string, string>, number]>([
    ["an evil page's", "/echo", { origin: evil }, 403],
    ["one without an Origin", "/echo", {}, 403],
    ["one with a foreign Host", "/echo", { origin: page, host: "evil.test" }, 403],
    ["one on an unknown path", "/nowhere", { origin: page }, 404],
  ])("%s is refused", async (_name, path, headers, status) => {
    const { app } = await start(echo);
    await expect(app.injectWS(path, { headers })).rejects.toThrow(`Unexpected server response: ${status}`);
  });
});

describe("handlers that fail", () => {
  test.each<[string, (app: FastifyInstance) => void]>([
    [
      "at once",
      (app) =>
        app.get("/fails", { websocket: true }, () => {
          throw new Error("on purpose");
        }),
    ],
    ["later", (app) => app.get("/fails", { websocket: true }, () => Promise.reject(new Error("on purpose")))],
  ])("%s: 1011, and told of once", async (_name, setup) => {
    const { open, errors } = await start(setup);
    const { frames } = await open("/fails");
    expect((await frames?.nextClose())?.code).toBe(1011);
    frames?.destroy();
    expect(errors).toEqual([new Error("on purpose")]);
  });

  test("a peer that never answers the close is let go after 5 seconds", { timeout: 12_000 }, async () => {
    const { open } = await start((app) => app.get("/fails", { websocket: true }, (socket) => socket.close(1008)));
    const { frames } = await open("/fails");
    expect((await frames?.nextClose())?.code).toBe(1008);
    const since = performance.now();
    // The default of ws is 30.
    expect(await frames?.closed(10_000)).toBe("fin");
    expect(performance.now() - since).toBeGreaterThan(4000);
    frames?.destroy();
  });

  test("an invalid first frame closes with 1002, and the app lives", async () => {
    const { open } = await start(echo);
    const { frames } = await open("/echo");
    frames?.frame("text", "not masked", { masked: false });
    expect((await frames?.nextClose())?.code).toBe(1002);
    frames?.destroy();
    expect(await firstMessage(await open("/echo"))).toBe("open");
  });

  test.each([
    [{ maxPayload: 10 }, 1009],
    [{ websocket: { options: { maxPayload: 10 } } }, 1009],
  ])("a message that is too long for %o closes with %i", async (gate, code) => {
    const { open } = await start(echo, { gate });
    const { frames } = await open("/echo");
    frames?.send("more than ten bytes");
    expect((await frames?.nextClose())?.code).toBe(code);
    frames?.destroy();
  });
});

describe("the gate", () => {
  test("a frame sent along with the handshake reaches the handler", async () => {
    const { open } = await start(echo);
    const { frames } = await open("/echo", { extra: frameBytes("text", "early") });
    expect((await frames?.next())?.text).toBe("open");
    expect((await frames?.next())?.text).toBe("early");
    frames?.destroy();
  });

  test("connections have Fastify's request; disconnect reaches the chosen ones", async () => {
    const { app, open } = await start((app) => app.get("/chat/:room", { websocket: true }, () => {}));
    const [one, two] = [await open("/chat/1?x=1"), await open("/chat/2")];
    await until(() => app.wsorigin.connections.size === 2, "both are open");
    const [first] = [...app.wsorigin.connections];
    if (first?.route === undefined) throw new Error("The connection has no route.");
    expect(first.request.routeOptions.url).toBe("/chat/:room");
    expect([first.params, first.query.get("x"), first.origin, first.route]).toEqual([
      { room: "1" },
      "1",
      page,
      "/chat/:room",
    ]);
    const chosen = app.wsorigin.disconnect(({ request }) => Reflect.get(Object(request.params), "room") === "2", 4001);
    expect(chosen).toBe(1);
    expect((await two.frames?.nextClose())?.code).toBe(4001);
    expect(app.wsorigin.connections.size).toBe(2);
    two.frames?.destroy();
    one.frames?.destroy();
    await until(() => app.wsorigin.connections.size === 0, "both are gone");
  });

  test("app.close() tells open sockets with 1001, refuses new ones, and leaves nothing", async () => {
    const { app, open } = await start(echo);
    const { frames } = await open("/echo");
    const closing = app.close();
    expect((await frames?.close())?.code).toBe(1001);
    await closing;
    expect(await openSockets(app).catch(() => 0)).toBe(0);
  });

  test("app.close() resolves with open sockets that never answer", { timeout: 12_000 }, async () => {
    const { app, open } = await start(echo, { app: { forceCloseConnections: false } });
    const { frames } = await open("/echo");
    await frames?.next();
    await app.close();
    expect(await frames?.closed()).toBeDefined();
    frames?.destroy();
  });
});

describe("TLS and HTTP/2", () => {
  const https = { key: selfSigned.key, cert: selfSigned.cert };

  test("https: a listed page's opens, an evil one's does not; the request says so", async () => {
    const { port } = await start(
      (app) => app.get("/tls", { websocket: true }, (socket, { protocol }) => socket.send(protocol)),
      { app: { https } },
    );
    const target = { port, tls: true };
    expect(await firstMessage(await handshake(target, { path: "/tls", origin: page }))).toBe("https");
    expect((await handshake(target, { path: "/tls", origin: evil })).status).toBe(403);
  });

  test("sameHost compares with the scheme of the connection", async () => {
    const own = createPolicy({ origins: [], sameHost: true, hosts: ["127.0.0.1"] });
    const { port } = await start(echo, { app: { https }, gate: { policy: own } });
    const ask = async (scheme: string) =>
      handshake({ port, tls: true }, { path: "/echo", origin: `${scheme}://127.0.0.1:${port}` });
    expect(await firstMessage(await ask("https"))).toBe("open");
    expect((await ask("http")).status).toBe(403);
  });

  test("http2 with allowHTTP1: the upgrade is decided on as ever", async () => {
    const { port } = await start(echo, { app: { http2: true, https: { ...https, allowHTTP1: true } } });
    const target = { port, tls: true };
    expect(await firstMessage(await handshake(target, { path: "/echo", origin: page }))).toBe("open");
    expect((await handshake(target, { path: "/echo", origin: evil })).status).toBe(403);
  });

  test("http2: extended CONNECT is decided on, and what is allowed is served", async () => {
    const app = { http2: true, https, serverOptions: {} };
    const { port } = await start(echo, {
      app: { ...app, https: { ...https, settings: { enableConnectProtocol: true } } },
    });
    const target = { port, tls: true };
    const refused = await connectStream(target, { path: "/echo", origin: evil });
    refused.close();
    expect([refused.enabled, refused.status]).toEqual([true, 403]);
    const opened = await connectStream(target, { path: "/echo", origin: page });
    expect(opened.status).toBe(200);
    expect((await opened.frames?.next())?.text).toBe("open");
    opened.frames?.send("hello");
    expect((await opened.frames?.next())?.text).toBe("hello");
    opened.close();
  });

  test("http2: the response of a hook that refuses arrives with its status, fields and body", async () => {
    const { port, app, events } = await start(
      (app) => {
        app.addHook("onRequest", async (_request, reply) => {
          await Promise.resolve();
          return reply.code(401).header("X-Reason", "no session").send({ no: "entry" });
        });
        echo(app);
      },
      { app: { http2: true, https: { ...https, settings: { enableConnectProtocol: true } } } },
    );
    const answer = await connectStream({ port, tls: true }, { path: "/echo", origin: page });
    expect(answer.status).toBe(401);
    expect(answer.headers["x-reason"]).toBe("no session");
    expect(JSON.parse(answer.body)).toEqual({ no: "entry" });
    answer.close();
    expect(events.map(({ decision }) => decision.code)).toEqual(["middleware-refused"]);
    expect(app.wsorigin.connections.size).toBe(0);
  });

  test("http2: ordinary requests go on as ever", async () => {
    const { port } = await start((app) => app.get("/http", async () => "http"), { app: { http2: true, https } });
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/http" }).setEncoding("utf8");
    let body = "";
    for await (const chunk of stream) body += chunk;
    session.destroy();
    expect(body).toBe("http");
  });
});
