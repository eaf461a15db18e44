import { createServer } from "node:http";
import cors from "@koa/cors";
import { type Frames, handshake, TimeoutError } from "@wsorigin/testing";
import Koa from "koa";
import easy from "koa-easy-ws";
import websockify from "koa-websocket";
import { describe, expect, test } from "vitest";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as easyAfter from "../docs/koa-easy-ws/after.ts";
import * as easyBefore from "../docs/koa-easy-ws/before.ts";
import * as websocketAfter from "../docs/koa-websocket/after.ts";
import * as websocketBefore from "../docs/koa-websocket/before.ts";
import { createPolicy, guard } from "../src/index.ts";

/** How long to wait where nothing is expected to come, in milliseconds. */
const briefly = 200;
const request = { path: "/chat", headers: [["Cookie", "user=ann"]] } as const;

async function chats(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe("Hello, ann");
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

const websocket = {
  file: new URL("../docs/koa-websocket.md", import.meta.url),
  before: websocketBefore,
  after: websocketAfter,
  request,
  use: chats,
};

describeGuide("koa-websocket", websocket, (before, after) => {
  test("before: the CORS middleware does refuse ordinary requests", async () => {
    const omit = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
    expect((await handshake(before(), { origin: evil, omit, headers: [["Connection", "close"]] })).status).toBe(403);
  });

  test("before: every path is opened; after: another path gets the app's own response", async () => {
    await openAs(page, before(), { path: "/other" });
    const request = { path: "/other", headers: [["Connection", "close"]] } as const;
    expect(await handshake(after(), { ...request, origin: page })).toMatchObject({ status: 200, body: "Hello" });
    expect((await handshake(after(), { ...request, origin: evil })).status).toBe(403);
  });
});

describe("koa-websocket, as the guide says", () => {
  test("CORS middleware in app.ws silences every socket, the listed page's too", async () => {
    const app = websockify(new Koa());
    app.ws.use(cors({ origin: page }));
    app.ws.use((ctx) => ctx.websocket.send("Hello"));
    const target = await started(running(app.listen(0, "127.0.0.1")));
    for (const origin of [evil, page]) {
      const frames = await openAs(origin, target, {});
      await expect(frames.next(briefly)).rejects.toThrow(TimeoutError);
    }
  });
});

describeGuide("koa-easy-ws", {
  file: new URL("../docs/koa-easy-ws.md", import.meta.url),
  before: easyBefore,
  after: easyAfter,
  request,
  use: chats,
});

describe("koa-easy-ws, as the guide says", () => {
  function app(): Koa {
    const app = new Koa();
    app.use(easy()).use(async (ctx) => {
      const socket = await ctx.ws?.();
      socket?.send("Hello");
    });
    return app;
  }

  test("any upgrade listener on the same server leaves its clients waiting", async () => {
    const server = app().listen(0, "127.0.0.1");
    const target = await started(running(server));
    expect((await (await openAs(page, target, {})).next()).text).toBe("Hello");
    server.on("upgrade", () => {});
    await expect(handshake(target, { origin: page, timeout: briefly })).rejects.toThrow(TimeoutError);
  });

  test("behind a gate it opens what the policy allows, on paths that are not the gate's routes", async () => {
    const koa = app();
    const answer = koa.callback();
    const server = createServer((incoming, response) => void answer(incoming, response));
    const codes: string[] = [];
    const gate = guard(server, {
      app: koa,
      policy: createPolicy({ origins: [page] }),
      log: false,
      onDecision: ({ decision }) => void codes.push(decision.code),
    });
    gate.route("/chat", (socket) => socket.send("route"));
    const target = await started(running(server.listen(0, "127.0.0.1")));
    for (const origin of [evil, "null", null]) expect((await handshake(target, { origin })).status).toBe(403);
    expect((await (await openAs(page, target, {})).next()).text).toBe("Hello");
    expect((await (await openAs(page, target, { path: "/chat" })).next()).text).toBe("route");
    expect(codes).toEqual(["origin-not-listed", "origin-opaque", "origin-missing", "origin-listed", "origin-listed"]);
  });

  test('behind a gate with unrouted: "refuse" it gets no handshake', async () => {
    const koa = app();
    const answer = koa.callback();
    const server = createServer((incoming, response) => void answer(incoming, response));
    guard(server, { app: koa, policy: createPolicy({ origins: [page] }), log: false, unrouted: "refuse" });
    const target = await started(running(server.listen(0, "127.0.0.1")));
    expect((await handshake(target, { origin: page })).status).toBe(404);
  });
});
