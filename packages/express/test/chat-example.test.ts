import { handshake } from "@wsorigin/testing";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { connected, onLastTransport } from "../../node/test/socket-io-support.ts";
import { regionsOf } from "../../testing/test/guides.ts";
import type { Running } from "../../testing/test/program.ts";
import { start as startAfter } from "./chat-example/after.ts";
import { start as startBefore } from "./chat-example/before.ts";

const evil = "https://evil.test";
const engine = "/socket.io/?EIO=4&transport=";
const polling = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
const ways = [["polling", "websocket"], ["polling"], ["websocket"]];

/** The lines of a text that another one does not have. */
function added(text: string, to: string): readonly string[] {
  const lines = new Set(to.split("\n"));
  return text.split("\n").filter((line) => !lines.has(line));
}

test("the chat of Socket.IO's tutorial needs the lines of the guide, and no other", async () => {
  const [before = "", after = ""] = await regionsOf(new URL("chat-example.md", import.meta.url));
  expect(added(after, before)).toEqual([
    'import { createPolicy, guard } from "@wsorigin/express";',
    'const policy = createPolicy({ origins: ["http://127.0.0.1:*"], hosts: ["127.0.0.1"] });',
    "const gate = guard(server, { app, policy });",
    "const io = new Server(server, { allowRequest: gate.allowRequest });",
  ]);
  expect(added(before, after)).toEqual(["const io = new Server(server);"]);
});

describe.each([
  ["before", startBefore, [200, 101]],
  ["after", startAfter, [403, 403]],
] as const)("%s", (_name, start, foreign) => {
  let running: Running;
  beforeAll(async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    running = await start();
  });
  afterAll(async () => {
    await running.close();
    vi.restoreAllMocks();
  });

  /** Socket.IO's own client, as the page of the chat. */
  async function join(transports: string[]): Promise<Socket> {
    const url = `http://127.0.0.1:${running.port}`;
    const socket = io(url, { transports, forceNew: true, reconnection: false, extraHeaders: { Origin: url } });
    onTestFinished(() => void socket.disconnect());
    await Promise.all([connected(socket), onLastTransport(socket)]);
    return socket;
  }

  test.each(ways)("two clients chat over %s %s", async (...transports) => {
    const [ada, bob] = await Promise.all([join(transports), join(transports)]);
    const heard = [ada, bob].map(
      (socket) => new Promise((resolve) => void socket.once("chat message", (text) => resolve(text))),
    );
    ada.emit("chat message", "hello");
    expect(await Promise.all(heard)).toEqual(["hello", "hello"]);
  });

  test("the page and the client's script are served", async () => {
    const url = `http://127.0.0.1:${running.port}`;
    expect(await (await fetch(url)).text()).toContain('<ul id="messages">');
    expect((await fetch(`${url}/socket.io/socket.io.js`)).status).toBe(200);
  });

  test(`a page of another origin gets ${foreign.join(" and ")}`, async () => {
    const target = { port: running.port };
    const polled = await handshake(target, {
      path: `${engine}polling`,
      origin: evil,
      omit: polling,
      headers: [["Connection", "close"]],
    });
    const opened = await handshake(target, { path: `${engine}websocket`, origin: evil });
    opened.frames?.destroy();
    expect([polled.status, opened.status]).toEqual(foreign);
  });
});
