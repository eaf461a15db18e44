import { createServer, type IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { handshake, selfSigned } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { evil, page, startServer } from "./support.ts";

/** A request listener that opens sockets with ws, as koa-easy-ws and `handleUpgrade` in a route do. */
function opener(): { readonly seen: string[]; readonly listen: (request: IncomingMessage) => void } {
  const sockets = new WebSocketServer({ noServer: true });
  const seen: string[] = [];
  return {
    seen,
    listen(request) {
      seen.push(String(request.url));
      sockets.handleUpgrade(request, request.socket, Buffer.alloc(0), (socket) => {
        socket.on("error", () => {});
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
    },
  };
}

const kinds = [
  ["http", () => createServer()],
  ["https", () => createHttpsServer(selfSigned)],
  ["http2 with HTTP/1.1", () => createSecureServer({ ...selfSigned, allowHTTP1: true })],
] as const;

const lost = [
  ["keep-alive", [["Connection", "keep-alive"]]],
  ["close", [["Connection", "close"]]],
  ["missing", []],
] as const;

describe.each(kinds)("%s: a request listener that opens sockets with ws", (_name, make) => {
  test.each(lost)("Connection %s: another page gets 403, and the listener nothing", async (_connection, headers) => {
    const { seen, listen } = opener();
    const { target, event } = await startServer({
      server: make(),
      before: (server) => void server.on("request", listen),
    });
    const answer = await handshake(target, { path: "/own", origin: evil, omit: ["connection"], headers });
    answer.frames?.destroy();
    expect([answer.status, answer.closed]).toEqual([403, "fin"]);
    expect((await event(0)).decision.code).toBe("origin-not-listed");
    expect(seen).toEqual([]);
  });

  test.each(lost)(
    "Connection %s: the listed page reaches it, and one event is reported",
    async (_connection, headers) => {
      const { seen, listen } = opener();
      const { target, event, events } = await startServer({
        server: make(),
        before: (server) => void server.on("request", listen),
      });
      const answer = await handshake(target, { path: "/own", origin: page, omit: ["connection"], headers });
      answer.frames?.destroy();
      expect(answer.status).toBe(101);
      expect((await event(0)).decision.code).toBe("origin-listed");
      expect(seen).toEqual(["/own"]);
      expect(events).toHaveLength(1);
    },
  );

  test("a browser's handshake, without any upgrade listener: the listed page talks to it, another gets 403", async () => {
    const { seen, listen } = opener();
    const { target, event, events, held } = await startServer({
      server: make(),
      after: (server) => void server.on("request", listen),
    });
    expect((await handshake(target, { path: "/own", origin: evil })).status).toBe(403);
    const { frames, status } = await handshake(target, { path: "/own", origin: page });
    expect(status).toBe(101);
    for (const text of ["one", "two", "three"]) {
      frames?.send(text);
      expect((await frames?.next())?.text).toBe(text);
    }
    expect((await frames?.close())?.code).toBe(1000);
    expect(await event(1)).toMatchObject({ decision: { code: "origin-listed" }, route: undefined });
    expect(events).toHaveLength(2);
    expect(seen).toEqual(["/own"]);
    await expect.poll(held).toBe(0);
  });
});
