import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { beginHandshake, closeBytes, frameBytes, handshake, TimeoutError, until } from "../src/index.ts";

const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

const opened: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that does by hand what the test says with each connection, and keeps what came. */
async function serve(
  answer: (socket: Socket, received: () => string) => void,
): Promise<{ readonly port: number; readonly received: () => string; readonly sockets: ReadonlySet<Socket> }> {
  const chunks: Buffer[] = [];
  const received = (): string => Buffer.concat(chunks).toString("latin1");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      const before = received();
      chunks.push(chunk);
      if (!before.includes("\r\n\r\n") && received().includes("\r\n\r\n")) answer(socket, received);
    });
  });
  opened.push({ server, sockets });
  return { port: await portOf(server), received, sockets };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("what is sent", () => {
  test("a well-formed handshake by default", async () => {
    const { port, received } = await serve((socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    await handshake({ port }, { path: "/chat", origin: "https://app.example" });
    expect(received()).toBe(
      `GET /chat HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: https://app.example\r\n\r\n`,
    );
  });

  test("any line, in any case, repeated, without Host, with junk and with frames behind", async () => {
    const { port, received } = await serve((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await handshake(
      { port },
      {
        method: "POST",
        path: "*",
        httpVersion: "1.0",
        hostHeader: null,
        origin: ["https://a.example", "https://\u00e9.example"],
        omit: ["UPGRADE", "connection", "sec-websocket-key", "sec-websocket-version"],
        headers: [["oRiGiN", "x"], "no colon", Buffer.from([0x80, 0x0b, 0xff])],
        extra: [Buffer.from("one"), Buffer.from("two")],
      },
    );
    expect(received()).toBe(
      "POST * HTTP/1.0\r\nOrigin: https://a.example\r\nOrigin: https://\xe9.example\r\noRiGiN: x\r\nno colon\r\n\x80\x0b\xff\r\n\r\nonetwo",
    );
  });

  test("segment: 1 sends byte by byte", async () => {
    const sizes: number[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        sizes.push(chunk.length);
        if (chunk.toString("latin1").endsWith("!")) socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      });
    });
    opened.push({ server, sockets: new Set() });
    const answer = await handshake({ port: await portOf(server) }, { segment: 1, extra: Buffer.from("!") });
    expect(answer.status).toBe(400);
    expect(sizes.length).toBeGreaterThan(50);
  });
});

describe("what comes back", () => {
  test("an answer as it came: order, case, repeated lines, body, bytes", async () => {
    const bytes = "HTTP/1.1 403 Go  Away\r\nX-b: 1\r\nx-A: 2\r\nX-B:  3 \r\nContent-Length: 2\r\n\r\nno";
    const { port } = await serve((socket) => socket.end(bytes));
    const answer = await handshake({ port });
    expect(answer).toMatchObject({
      status: 403,
      statusLine: "HTTP/1.1 403 Go  Away",
      reason: "Go  Away",
      body: "no",
      closed: "fin",
      frames: undefined,
    });
    expect(answer.headers).toEqual([
      ["X-b", "1"],
      ["x-A", "2"],
      ["X-B", "3"],
      ["Content-Length", "2"],
    ]);
    expect(answer.header("x-b")).toBe("1, 3");
    expect(answer.raw.toString()).toBe(bytes);
  });

  test("a chunked body, and a connection left open", async () => {
    const { port, sockets } = await serve((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"),
    );
    await expect(handshake({ port })).resolves.toMatchObject({ status: 200, body: "abcd", closed: "open" });
    await until(() => sockets.size === 0, "the client has closed its connection");
  });

  test("a body that goes on to the end of the connection", async () => {
    const { port } = await serve((socket) => socket.end("HTTP/1.1 401 \r\n\r\nto the end"));
    await expect(handshake({ port })).resolves.toMatchObject({
      status: 401,
      reason: "",
      body: "to the end",
      closed: "fin",
    });
  });

  test("a body that is shorter than it says", async () => {
    const { port } = await serve((socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nshort"));
    await expect(handshake({ port })).resolves.toMatchObject({ status: 403, body: "short", closed: "fin" });
  });

  test("no answer at all: ended, and reset", async () => {
    const ending = await serve((socket) => socket.end());
    await expect(handshake({ port: ending.port })).resolves.toMatchObject({
      status: undefined,
      closed: "fin",
      body: "",
    });
    const resetting = await serve((socket) => socket.resetAndDestroy());
    await expect(handshake({ port: resetting.port })).resolves.toMatchObject({ status: undefined, closed: "reset" });
  });

  test("bytes that are not HTTP", async () => {
    const { port } = await serve((socket) => socket.end("nonsense\r\n\r\nand more"));
    await expect(handshake({ port })).resolves.toMatchObject({ status: 0, statusLine: "nonsense", body: "and more" });
  });
});

/** Long enough for a busy machine to connect and to deliver a few bytes, in milliseconds. */
const briefly = 1000;

describe("bounds", () => {
  test("an answer that never comes is an error that says so, and leaves no socket", async () => {
    const { port, sockets } = await serve(() => {});
    const error: unknown = await handshake({ port }, { path: "/x", timeout: briefly }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toMatch(/^TimeoutError: Waited \d+ ms for an answer to GET \/x; nothing came\.$/);
    await until(() => sockets.size === 0, "the client has closed its connection");
  });

  test("half an answer is such an error too", async () => {
    const { port } = await serve((socket) => socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nFor"));
    await expect(handshake({ port }, { timeout: briefly })).rejects.toThrow(
      /^Waited \d+ ms for the body of the answer to GET \/; only 3 bytes came\.$/,
    );
  });

  test("a port where nothing listens", async () => {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(handshake({ port })).rejects.toThrow("ECONNREFUSED");
  });

  test("a frame that never comes, and one where the connection ends", async () => {
    const { port, sockets } = await serve((socket) => socket.write(accepted));
    const { frames } = await handshake({ port });
    await expect(frames?.next(30)).rejects.toThrow("Waited 30 ms for a frame; nothing came.");
    for (const socket of sockets) socket.end();
    await expect(frames?.next()).rejects.toThrow("The connection ended (fin) where a frame was waited for.");
    await expect(frames?.nextClose()).resolves.toBeUndefined();
    frames?.destroy();
  });

  test("a condition that never holds", async () => {
    await expect(until(() => false, "pigs fly", 20)).rejects.toThrow("Waited 20 ms until pigs fly.");
  });
});

describe("leaving", () => {
  test("half-open: the FIN is sent, and the answer is read", async () => {
    const { port } = await serve(
      (socket) => void socket.on("end", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    await expect(handshake({ port }, { afterwards: "half-open" })).resolves.toMatchObject({
      status: 400,
      closed: "fin",
    });
  });

  test("reset: the server sees ECONNRESET", async () => {
    const errors: (string | undefined)[] = [];
    const { port, received } = await serve(
      (socket) => void socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code)),
    );
    const attempt = await beginHandshake({ port });
    await until(() => received() !== "", "the server has it");
    attempt.reset();
    await until(() => errors.length > 0, "the server sees it");
    expect(errors).toEqual(["ECONNRESET"]);
  });

  test("reset at once: there is no answer", async () => {
    const { port, sockets } = await serve(() => {});
    await expect(handshake({ port }, { afterwards: "reset" })).resolves.toMatchObject({
      status: undefined,
      closed: "reset",
    });
    await until(() => sockets.size === 0, "the server has closed its connection");
  });

  test("stop reading: the server's writes pile up", async () => {
    const { port, sockets } = await serve((socket) => socket.write(Buffer.alloc(16 * 1024 * 1024)));
    const attempt = await beginHandshake({ port }, { afterwards: "stop-reading" });
    await until(() => [...sockets].some((socket) => socket.writableNeedDrain), "the server cannot write on");
    await expect(attempt.closed(50)).rejects.toThrow(TimeoutError);
    attempt.destroy();
    await until(() => sockets.size === 0, "the client has closed its connection");
  });
});

describe("frames", () => {
  test("go both ways", async () => {
    const long = "x".repeat(70_000);
    const { port, received } = await serve((socket) => {
      const frames = [
        frameBytes("text", "hello", { masked: false }),
        frameBytes("binary", Buffer.alloc(200, 7), { masked: false }),
        frameBytes("text", long, { masked: false }),
        closeBytes(4403, "Forbidden", { masked: false }),
      ];
      socket.write(Buffer.concat([Buffer.from(accepted), ...frames]));
    });
    const { frames } = await handshake({ port });
    if (frames === undefined) throw new Error("no frames");
    expect(await frames.next()).toMatchObject({
      kind: "text",
      text: "hello",
      fin: true,
      masked: false,
      code: undefined,
    });
    expect((await frames.next()).data).toEqual(Buffer.alloc(200, 7));
    expect((await frames.next()).text).toBe(long);
    expect(await frames.next()).toMatchObject({ kind: "close", code: 4403, text: "Forbidden" });
    frames.frame("text", "bare", { masked: false, fin: false });
    await until(() => received().endsWith("\x01\x04bare"), "it has come");
    frames.destroy();
  });

  test("are masked by default", () => {
    expect(frameBytes("ping", "abc").subarray(0, 2)).toEqual(Buffer.from([0x89, 0x83]));
    expect(frameBytes("ping", "abc").subarray(6)).not.toEqual(Buffer.from("abc"));
    expect(closeBytes(undefined, "", { masked: false })).toEqual(Buffer.from([0x88, 0]));
  });

  test("a real server understands them", async () => {
    const { WebSocketServer } = await import("ws");
    const server = createHttpServer();
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) =>
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
    );
    const port = await portOf(server);
    const { frames } = await handshake({ port }, { extra: frameBytes("text", "early") });
    expect((await frames?.next())?.text).toBe("early");
    frames?.send(Buffer.from([1, 2]));
    expect(await frames?.next()).toMatchObject({ kind: "binary", data: Buffer.from([1, 2]) });
    await expect(frames?.close(1000, "bye")).resolves.toMatchObject({ kind: "close", code: 1000 });
    await new Promise((resolve) => server.close(resolve));
  });
});
