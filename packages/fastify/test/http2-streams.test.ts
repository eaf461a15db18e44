import { constants, connect, type ClientHttp2Session } from "node:http2";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { connectStream, selfSigned, type Target, until } from "@wsorigin/testing";
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { closeLater, page, type Setup, start, type StartOptions } from "./support.ts";

const app = { http2: true, https: { ...selfSigned, settings: { enableConnectProtocol: true } } };

/** A guarded app over HTTP/2. */
async function startHttp2(setup: Setup, gate: StartOptions["gate"] = {}) {
  const started = await start(setup, { app, gate });
  const target: Target = { port: started.port, tls: true };
  const open = (path: string) => connectStream(target, { path, authority: "127.0.0.1", origin: page });
  return { ...started, target, open };
}

async function session(port: number): Promise<ClientHttp2Session> {
  const client = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  client.on("error", () => {});
  closeLater({
    async close() {
      client.destroy();
    },
  });
  await once(client, "remoteSettings");
  return client;
}

const refusals: readonly (readonly [
  name: string,
  status: number,
  body: unknown,
  add: (app: FastifyInstance) => void,
])[] = [
  [
    "a hook that replies",
    401,
    { no: "entry" },
    (app) => app.addHook("onRequest", (_request, reply) => void reply.code(401).send({ no: "entry" })),
  ],
  [
    "an asynchronous hook that replies",
    401,
    { no: "entry" },
    (app) =>
      app.addHook("preValidation", async (_request, reply) => {
        await turn();
        return reply.code(401).header("WWW-Authenticate", "Bearer").send({ no: "entry" });
      }),
  ],
  [
    "a hook that throws",
    500,
    { message: "on purpose" },
    (app) =>
      app.addHook("preHandler", async () => {
        throw new Error("on purpose");
      }),
  ],
  [
    "a hook that throws with a status",
    403,
    { message: "no entry" },
    (app) =>
      app.addHook("onRequest", async () => {
        throw Object.assign(new Error("no entry"), { statusCode: 403 });
      }),
  ],
];

describe("over HTTP/2", () => {
  test.each(refusals)("%s: its status and body reach the client", async (_name, status, body, add) => {
    const { open, events } = await startHttp2((app) => {
      add(app);
      app.get("/chat", { websocket: true }, () => expect.unreachable());
    });
    const answer = await open("/chat");
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject(Object(body));
    expect(Object.keys(answer.headers)).not.toContain("connection");
    answer.close();
    expect(events.map(({ decision }) => decision.code)).toEqual(["middleware-refused"]);
  });

  test("a body without a status is a refusal too", async () => {
    const { open } = await startHttp2((app) => {
      app.addHook("onRequest", (_request, reply) => void reply.send("no"));
      app.get("/chat", { websocket: true }, () => expect.unreachable());
    });
    const answer = await open("/chat");
    answer.close();
    // 200 would open the socket.
    expect(answer.status).not.toBe(200);
    expect(answer.frames).toBeUndefined();
  });

  test.each([
    ["NO_ERROR", constants.NGHTTP2_NO_ERROR, 60_000],
    ["NO_ERROR", constants.NGHTTP2_NO_ERROR, 100_000],
    ["CANCEL", constants.NGHTTP2_CANCEL, 60_000],
  ] as const)(
    "an asynchronous hook, DATA and RST_STREAM(%s): no exception, and the place is free",
    async (_name, code, size) => {
      let waiting = 0;
      const uncaught: unknown[] = [];
      const listen = (error: unknown): void => void uncaught.push(error);
      process.on("uncaughtExceptionMonitor", listen);
      try {
        const { open, port, events } = await startHttp2(
          (app) => {
            app.addHook("preValidation", async (request) => {
              if (!request.url.includes("slow")) return;
              waiting++;
              await new Promise(() => {});
            });
            app.get("/chat", { websocket: true }, (socket) => socket.send("open"));
          },
          { grace: 100, maxConnections: 1 },
        );
        const client = await session(port);
        const stream = client.request(
          {
            ":method": "CONNECT",
            ":protocol": "websocket",
            ":scheme": "https",
            ":path": "/chat?slow",
            ":authority": "127.0.0.1",
            "sec-websocket-version": "13",
            origin: page,
          },
          { endStream: false },
        );
        stream.on("error", () => {});
        stream.write(Buffer.alloc(size));
        await until(() => waiting === 1, "the hook runs");
        stream.close(code);
        await until(() => events.length === 1, "the handshake is reported");
        await until(async () => {
          const answer = await open("/chat");
          answer.close();
          return answer.status === 200;
        }, "the place is free");
        expect(uncaught).toEqual([]);
      } finally {
        process.off("uncaughtExceptionMonitor", listen);
      }
    },
  );
});
