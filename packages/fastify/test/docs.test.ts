import cors from "@fastify/cors";
import websocket from "@fastify/websocket";
import { type Frames, handshake } from "@wsorigin/testing";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { describeGuide, evil, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/fastify-websocket/after.ts";
import * as before from "../docs/fastify-websocket/before.ts";

async function chats(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe("Hello, user=ann");
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

const guide = {
  file: new URL("../docs/fastify-websocket.md", import.meta.url),
  before,
  after,
  request: { path: "/chat/lobby", headers: [["Cookie", "user=ann"]] },
  use: chats,
} as const;

describeGuide("@fastify/websocket with preValidation", guide, (...targets) => {
  test.each([0, 1])("before and after: who is not signed in gets 401 before the 101 (%i)", async (which) => {
    const answer = await handshake(targets[which]?.() ?? { port: 0 }, { path: "/chat/lobby", origin: page });
    expect(answer.status).toBe(401);
  });
});

test("@fastify/cors that refuses, registered before @fastify/websocket, leaves the refused connection open", async () => {
  const app = Fastify();
  await app.register(cors, {
    origin: (origin, callback) => (origin === page ? callback(null, true) : callback(new Error("No"), false)),
  });
  await app.register(websocket);
  app.get("/chat", { websocket: true }, () => {});
  await app.listen({ port: 0, host: "127.0.0.1" });
  const target = await started(running(app.server, () => app.close()));
  const answer = await handshake(target, { path: "/chat", origin: evil });
  expect(answer.status).toBe(500);
  expect(answer.closed).toBe("open");
});
