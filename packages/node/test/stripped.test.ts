import { once } from "node:events";
import { createServer } from "node:http";
import type { HandshakeRequest } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { guardWith } from "../src/adapter.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { echo, policy, start, statusOf } from "./support.ts";

test("a request that only looks like a stripped handshake is the app's: another method, another path, no key", async () => {
  const { gate, target, events } = await start();
  gate.route("/chat", echo);
  const ask = (request: HandshakeRequest): Promise<number | undefined> =>
    statusOf(target, { path: "/chat", omit: ["upgrade", "connection"], ...request });
  expect(await ask({})).toBe(426);
  expect(await ask({ omit: ["connection"] })).toBe(426);
  expect(await ask({ method: "POST" })).toBe(200);
  expect(await ask({ path: "/page" })).toBe(200);
  expect(await ask({ path: "http://evil.test/chat" })).toBe(200);
  expect(await ask({ omit: ["upgrade", "connection", "sec-websocket-key"] })).toBe(200);
  expect(events.map(({ decision, route }) => [decision.code, route])).toEqual([
    ["upgrade-stripped", "/chat"],
    ["upgrade-stripped", "/chat"],
  ]);
});

test("refuses a stripped handshake with 503 if the adapter throws; an adapter that cannot route leaves the request to the app", async () => {
  const errors: unknown[] = [];
  const server = createServer((_request, response) => response.end("page"));
  const broken = (): never => {
    throw new Error("broken");
  };
  const gate = guardWith(
    server,
    { policy, log: false, onError: (error) => void errors.push(error) },
    { adapt: broken, ip: broken, find: broken },
  );
  gate.route("/chat", echo);
  await once(server.listen(0, "127.0.0.1"), "listening");
  afterwards(async () => void server.close());
  const address = server.address();
  const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
  const omit = ["upgrade", "connection"];
  expect(await statusOf(target, { path: "/chat", omit })).toBe(503);
  const headers = [["Connection", "close"]] as const;
  expect(await statusOf(target, { path: "/page", omit, headers })).toBe(200);
  expect(errors).toEqual([new Error("broken"), new Error("broken")]);
});
