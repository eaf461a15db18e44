import { createServer } from "node:http";
import cors from "cors";
import express, { type RequestHandler } from "express";
import expressWs from "express-ws";
import { describe, expect, test } from "vitest";
import { type Frames, handshake, type Target } from "@wsorigin/testing";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/express-ws/after.ts";
import * as before from "../docs/express-ws/before.ts";
import { createPolicy, guard } from "../src/index.ts";

async function chats(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe("Hello, user=ann, in lobby");
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

const guide = {
  file: new URL("../docs/express-ws.md", import.meta.url),
  before,
  after,
  request: { path: "/chat/lobby", headers: [["Cookie", "user=ann"]] },
  use: chats,
} as const;

describeGuide("express-ws", guide, (target, targetAfter) => {
  const elsewhere = { path: "/other", origin: page };

  test("before: another path is opened, then closed without a code", async () => {
    const frames = await openAs(page, target(), { path: "/other" });
    expect(await frames.next()).toMatchObject({ kind: "close", code: undefined });
  });

  test("after: another path is answered with 404", async () => {
    expect((await handshake(targetAfter(), elsewhere)).status).toBe(404);
  });
});

describe("express-ws, as the guide says", () => {
  /** An app whose only handler says "Hello", behind a middleware. */
  function serving(middleware: RequestHandler, gated = false): Promise<Target> {
    const app = express();
    const server = createServer(app);
    const wrapped = expressWs(app, server);
    // What Express prints of an error is not the matter here.
    app.set("env", "test");
    app.use(middleware);
    wrapped.app.ws("/chat", (socket) => socket.send("Hello"));
    if (gated) guard(server, { app, policy: createPolicy({ origins: [page] }), log: false });
    return started(running(server.listen(0, "127.0.0.1")));
  }

  test("an origin function that refuses is heard after the 101: the socket closes without a code", async () => {
    const origin = (from: string | undefined, callback: (error: Error | null, allow?: boolean) => void): void =>
      from === page ? callback(null, true) : callback(new Error("Not allowed"));
    const target = await serving(cors({ origin }));
    expect((await (await openAs(page, target, { path: "/chat" })).next()).text).toBe("Hello");
    const frames = await openAs(evil, target, { path: "/chat" });
    expect(await frames.next()).toMatchObject({ kind: "close", code: undefined });
  });

  test("a status of the app's own is sent to nobody: 101, then the socket closes without a code", async () => {
    const target = await serving((_request, response) => void response.status(401).end());
    const frames = await openAs(page, target, { path: "/chat" });
    expect(await frames.next()).toMatchObject({ kind: "close", code: undefined });
  });

  test("a gate may stand before it as it is", async () => {
    const target = await serving((_request, _response, next) => next(), true);
    expect((await handshake(target, { path: "/chat", origin: evil })).status).toBe(403);
    expect((await (await openAs(page, target, { path: "/chat" })).next()).text).toBe("Hello");
  });
});
