import { once } from "node:events";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { beginHandshake, connectStream, frameBytes, handshake, selfSigned, until } from "../src/index.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("over TLS", () => {
  test("a handshake is the same", async () => {
    const server = createHttpsServer(selfSigned);
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data, { binary: false })));
    const port = await listen(server);
    const { frames } = await handshake({ port, tls: true }, { extra: frameBytes("text", "early") });
    expect((await frames?.next())?.text).toBe("early");
    await expect(frames?.close()).resolves.toMatchObject({ code: 1000 });
  });

  test("the certificate is checked where it is asked for", async () => {
    const server = createHttpsServer(selfSigned);
    server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    const port = await listen(server);
    await expect(handshake({ port, tls: {} })).rejects.toThrow("self-signed certificate");
    await expect(handshake({ port, tls: { ca: selfSigned.cert } })).resolves.toMatchObject({
      status: 403,
      closed: "fin",
    });
  });

  test("a reset is a reset", async () => {
    const server = createHttpsServer(selfSigned);
    const codes: (string | undefined)[] = [];
    let asked = false;
    server.on("upgrade", (_request, socket) => {
      asked = true;
      socket.on("error", (error: NodeJS.ErrnoException) => codes.push(error.code));
    });
    const attempt = await beginHandshake({ port: await listen(server), tls: true });
    await until(() => asked, "the server has it");
    attempt.reset();
    await until(() => codes.length > 0, "the server sees it");
    expect(codes).toEqual(["ECONNRESET"]);
  });
});

describe("extended CONNECT", () => {
  async function serve(
    answer: (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => void,
    enableConnectProtocol = true,
  ): Promise<number> {
    const server = createSecureServer({ ...selfSigned, settings: { enableConnectProtocol } });
    server.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      answer(stream, headers);
    });
    return listen(server);
  }

  test("accepted: frames over a stream", async () => {
    let seen: Readonly<Record<string, unknown>> = {};
    const port = await serve((stream, headers) => {
      seen = headers;
      stream.respond({ ":status": 200, "sec-websocket-protocol": "chat.v1" });
      stream.on("data", () => stream.write(frameBytes("text", "hello", { masked: false })));
    });
    const answer = await connectStream(
      { port, tls: true },
      { path: "/chat", authority: "api.example", origin: "https://app.example", headers: { cookie: "sid=1" } },
    );
    expect(seen).toMatchObject({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "https",
      ":path": "/chat",
      ":authority": "api.example",
      origin: "https://app.example",
      cookie: "sid=1",
    });
    expect(answer).toMatchObject({ enabled: true, status: 200 });
    expect(answer.headers["sec-websocket-protocol"]).toBe("chat.v1");
    answer.frames?.send("hi");
    expect((await answer.frames?.next())?.text).toBe("hello");
    answer.close();
  });

  test("refused: status and body", async () => {
    const port = await serve((stream) => {
      stream.respond({ ":status": 403 });
      stream.end("Forbidden");
    });
    const answer = await connectStream({ port, tls: true });
    expect(answer).toMatchObject({ status: 403, body: "Forbidden", frames: undefined });
    answer.close();
  });

  test("reset: no status", async () => {
    const port = await serve((stream) => stream.close(8));
    const answer = await connectStream({ port, tls: true });
    expect(answer).toMatchObject({ enabled: true, status: undefined });
    answer.close();
  });

  test("a server that does not take it is not asked; an ordinary CONNECT is", async () => {
    let asked = 0;
    const port = await serve((stream) => {
      asked++;
      stream.respond({ ":status": 501 }, { endStream: true });
    }, false);
    const silent = await connectStream({ port, tls: true });
    expect(silent).toMatchObject({ enabled: false, status: undefined });
    silent.close();
    const ordinary = await connectStream({ port, tls: true }, { protocol: null });
    expect(ordinary).toMatchObject({ status: 501 });
    ordinary.close();
    expect(asked).toBe(1);
  });

  test("no answer is an error that says so", async () => {
    const port = await serve(() => {});
    // Long enough for a busy machine to connect.
    await expect(connectStream({ port, tls: true }, { path: "/x", timeout: 1000 })).rejects.toThrow(
      "Waited 1000 ms for an answer to CONNECT /x.",
    );
  });
});
