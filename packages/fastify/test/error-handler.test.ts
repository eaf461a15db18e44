import { type Answer, until } from "@wsorigin/testing";
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { createPolicy, firstMessage, grant, type WsoriginOptions } from "../src/index.ts";
import { page, start, type Started } from "./support.ts";

type ErrorHandler = NonNullable<NonNullable<WsoriginOptions["websocket"]>["errorHandler"]>;

/** Routes whose handlers fail, at once and later. */
function failing(app: FastifyInstance): void {
  app.decorate("own", "root");
  app.get("/sync", { websocket: true }, () => {
    throw new Error("sync");
  });
  app.get("/async", { websocket: true }, async () => {
    await Promise.resolve();
    throw new Error("async");
  });
  app.get("/fine", { websocket: true }, (socket) => socket.send("open"));
  app.route({
    method: "GET",
    url: "/both",
    handler: () => "http",
    wsHandler: () => Promise.reject(new Error("wsHandler")),
  });
}

async function withHandler(errorHandler: ErrorHandler, gate: Partial<WsoriginOptions<unknown>> = {}): Promise<Started> {
  return start(failing, { gate: { ...gate, websocket: { errorHandler } } });
}

async function closeCode({ frames }: Answer): Promise<number | undefined> {
  const code = (await frames?.nextClose())?.code;
  frames?.destroy();
  return code;
}

describe("websocket.errorHandler", () => {
  test.each([
    ["/sync", "sync"],
    ["/async", "async"],
    ["/both", "wsHandler"],
  ])("gets what the handler of %s fails with, its socket, request and reply", async (path, message) => {
    const seen: unknown[] = [];
    const { open, errors } = await withHandler(function (this: FastifyInstance, error, socket, request, reply) {
      seen.push([error.message, request.url, reply.request === request, Reflect.get(this, "own")]);
      socket.close(4000, "handled");
    });
    expect(await closeCode(await open(`${path}?a=1`))).toBe(4000);
    expect(seen).toEqual([[message, `${path}?a=1`, true, "root"]]);
    expect(errors).toEqual([]);
  });

  test("closes the socket, or leaves it open: the gate does not", async () => {
    let socketOf: { close(code: number): void } | undefined;
    const { app, open } = await withHandler((_error, socket) => void (socketOf = socket));
    const answer = await open("/sync");
    await until(() => socketOf !== undefined, "the error handler has run");
    expect(app.wsorigin.connections.size).toBe(1);
    socketOf?.close(4001);
    expect(await closeCode(answer)).toBe(4001);
  });

  test("gets the errors of an open socket", async () => {
    const seen: unknown[] = [];
    const { open } = await withHandler((error) => void seen.push(error.message));
    const { frames } = await open("/fine");
    frames?.frame("text", "not masked", { masked: false });
    expect((await frames?.nextClose())?.code).toBe(1002);
    frames?.destroy();
    expect(seen).toEqual([expect.stringMatching(/MASK must be set/)]);
  });

  test.each<[string, ErrorHandler]>([
    [
      "throws",
      () => {
        throw new Error("second");
      },
    ],
    ["rejects", () => Promise.reject(new Error("second"))],
  ])("one that %s itself harms nothing: its error is logged, the socket closes with 1011", async (_name, handler) => {
    const lines: string[] = [];
    const { open } = await start(failing, {
      app: { logger: { level: "error", stream: { write: (line: string) => void lines.push(line) } } },
      gate: { websocket: { errorHandler: handler } },
    });
    for (const path of ["/sync", "/async"]) expect(await closeCode(await open(path))).toBe(1011);
    const { frames } = await open("/fine");
    frames?.frame("text", "not masked", { masked: false });
    expect((await frames?.nextClose())?.code).toBe(1002);
    frames?.destroy();
    expect(lines.filter((line) => line.includes('"second"'))).toHaveLength(3);
  });

  test("gets what a handler fails with after the first message", async () => {
    const seen: unknown[] = [];
    const policy = createPolicy({
      origins: [page],
      token: { from: [firstMessage()], verify: (token) => grant({ principal: token }) },
    });
    const { open } = await withHandler(
      (error, socket, { wsorigin: identity }) => {
        seen.push([error.message, identity?.principal]);
        socket.close(4000);
      },
      { policy },
    );
    const answer = await open("/async");
    answer.frames?.send("Qv7hKx1mWz9pLr4T");
    expect(await closeCode(answer)).toBe(4000);
    expect(seen).toEqual([["async", "Qv7hKx1mWz9pLr4T"]]);
  });
});
