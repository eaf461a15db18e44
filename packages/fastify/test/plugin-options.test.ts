import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { until } from "@wsorigin/testing";
import { setImmediate as turn } from "node:timers/promises";
import type { WebSocket } from "@fastify/websocket";
import { describe, expect, test } from "vitest";
import { wsorigin } from "../src/index.ts";
import { closeLater, recording, start } from "./support.ts";

/** Registers the plugin with these options for @fastify/websocket. */
async function register(websocket: object): Promise<unknown> {
  const app = Fastify();
  closeLater(app);
  const { errors: _errors, events: _events, ...options } = recording();
  return app.register(wsorigin, Object.assign(options, { websocket })).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const refused: readonly (readonly [name: string, websocket: object])[] = [
  ["server", { options: { server: {} } }],
  ["noServer", { options: { noServer: true } }],
  ["clientTracking", { options: { clientTracking: true } }],
  ["path", { options: { path: "/chat" } }],
  ["port", { options: { port: 0 } }],
  ["host", { options: { host: "127.0.0.1" } }],
  ["handleProtocols", { options: { handleProtocols: () => "chat.v1" } }],
  ["preClose", { preClose: (done: () => void) => done() }],
];

describe("options of @fastify/websocket that the gate would not keep", () => {
  test.each(refused)("%s is refused with a GateError that names it", async (name, websocket) => {
    const error = await register(websocket);
    expect(error).toMatchObject({ name: "GateError", code: "ERR_WSORIGIN_GATE" });
    expect(String(error)).toContain(name);
  });

  test("all of them are named at once", async () => {
    const error = await register({ options: { noServer: true, path: "/chat" }, preClose: () => {} });
    expect(error).toMatchObject({ name: "GateError" });
    for (const name of ["noServer", "path", "preClose"]) expect(String(error)).toContain(name);
  });

  test("others reach ws", async () => {
    const websocket = { options: { maxPayload: 10, perMessageDeflate: true } };
    const { open } = await start((app) => app.get("/chat", { websocket: true }, () => {}), { gate: { websocket } });
    const answer = await open("/chat", { headers: [["Sec-WebSocket-Extensions", "permessage-deflate"]] });
    expect(answer.header("sec-websocket-extensions")).toMatch(/permessage-deflate/);
    answer.frames?.send("more than ten bytes");
    expect((await answer.frames?.nextClose())?.code).toBe(1009);
    answer.frames?.destroy();
  });
});

describe("websocket.errorHandler", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("on purpose");
      },
    ],
    [
      "rejects",
      async () => {
        await turn();
        throw new Error("on purpose");
      },
    ],
    ["rejects at once", () => Promise.reject(new Error("on purpose"))],
  ] as const)("is called with what a handler %s, and may close the socket itself", async (_how, handler) => {
    const calls: (readonly [Error, WebSocket, FastifyRequest, FastifyReply])[] = [];
    const errorHandler = (error: Error, socket: WebSocket, request: FastifyRequest, reply: FastifyReply): void => {
      calls.push([error, socket, request, reply]);
      socket.close(4000, error.message);
    };
    const { app, open } = await start((app) => app.get("/chat", { websocket: true }, handler), {
      gate: { websocket: { errorHandler } },
    });
    const { frames } = await open("/chat?x=1");
    expect(await frames?.nextClose()).toMatchObject({ code: 4000, text: "on purpose" });
    frames?.destroy();
    expect(calls).toHaveLength(1);
    const [[error, , request, reply] = []] = calls;
    expect(error).toEqual(new Error("on purpose"));
    expect(request?.url).toBe("/chat?x=1");
    expect(reply?.request).toBe(request);
    await until(() => app.wsorigin.connections.size === 0, "the socket is gone");
  });

  test("that throws itself: the socket is closed with 1011, and the server goes on", async () => {
    const { app, open } = await start(
      (app) =>
        app.get("/chat", { websocket: true }, () => {
          throw new Error("on purpose");
        }),
      {
        gate: {
          websocket: {
            errorHandler() {
              throw new Error("in errorHandler");
            },
          },
        },
      },
    );
    for (let count = 0; count < 2; count++) {
      const { frames } = await open("/chat");
      expect((await frames?.nextClose())?.code).toBe(1011);
      frames?.destroy();
    }
    await until(() => app.wsorigin.connections.size === 0, "the sockets are gone");
  });

  test("is not called where a handler works", async () => {
    let called = 0;
    const { open } = await start((app) => app.get("/chat", { websocket: true }, (socket) => socket.send("open")), {
      gate: { websocket: { errorHandler: () => called++ } },
    });
    const { frames } = await open("/chat");
    expect((await frames?.next())?.text).toBe("open");
    await frames?.close();
    expect(called).toBe(0);
  });
});
