import assert from "node:assert/strict";
import { firstMessage, grant, type PolicyOptions, refuse } from "@wsorigin/core";
import { frameBytes } from "../../client/frame.ts";
import type { Kit } from "../kit.ts";
import { SlowDirectory } from "../rows.ts";
import { pageOrigin, type Row, type Theme } from "../stage.ts";

/** A deadline that no test reaches, and one that tests wait for, in milliseconds. */
const never = 60_000;
const soon = 300;

/** The ways in which a handshake that waits for its decision ends. */
const pendingExits: readonly (readonly [
  name: string,
  leave: (kit: Kit, directory: SlowDirectory) => Promise<void>,
  deadline?: number,
])[] = [
  [
    "the client resets",
    async (kit, directory) => {
      const attempt = await kit.begin();
      await directory.asked();
      attempt.reset();
      assert.equal((await kit.event(0)).decision.code, "client-gone");
    },
  ],
  [
    "the client sends its FIN",
    async (kit, directory) => {
      const attempt = await kit.begin();
      await directory.asked();
      attempt.end();
      assert.equal((await kit.event(0)).decision.code, "client-gone");
    },
  ],
  ["the deadline passes", async (kit) => void (await kit.refused({}, 503, "timed-out")), soon],
  [
    "the directory refuses",
    async (kit, directory) => {
      const attempt = await kit.begin();
      await directory.asked();
      directory.answer(false);
      assert.equal((await attempt.answer()).status, 403);
    },
  ],
  [
    "the directory gives nonsense",
    async (kit, directory) => {
      const attempt = await kit.begin();
      await directory.asked();
      Reflect.apply(Reflect.get(directory, "answer"), directory, ["yes"]);
      assert.equal((await attempt.answer()).status, 503);
    },
  ],
];

/** The ways in which an open socket without its first message ends. */
const unauthenticatedExits: readonly (readonly [
  name: string,
  leave: (kit: Kit) => Promise<void>,
  deadline?: number,
])[] = [
  ["it resets", async (kit) => leaveOpen(kit, (attempt) => attempt.reset())],
  ["it sends its FIN", async (kit) => leaveOpen(kit, (attempt) => attempt.end())],
  ["it closes", async (kit) => void (await (await kit.connect()).close())],
  ["its token is refused", (kit) => closedWith(kit, frameBytes("text", "bad"), 4401)],
  ["its verifier fails", (kit) => closedWith(kit, frameBytes("text", "throw"), 4408)],
  ["it breaks the protocol", (kit) => closedWith(kit, frameBytes("text", "good", { masked: false }), 1002)],
  ["its message is too long", (kit) => closedWith(kit, frameBytes("text", "x".repeat(101)), 4401)],
  ["it sends nothing in time", (kit) => closedWith(kit, Buffer.alloc(0), 4408), soon],
  [
    "it is authenticated",
    async (kit) => {
      const frames = await kit.connect();
      frames.send("good");
      await frames.next();
      frames.destroy();
    },
  ],
  [
    "the handler runs and fails",
    async (kit) => {
      const frames = await kit.connect({ path: "/throws" });
      frames.send("good");
      assert.equal((await frames.nextClose())?.code, 1011);
      frames.destroy();
    },
  ],
];

async function leaveOpen(kit: Kit, leave: (attempt: { reset(): void; end(): void }) => void): Promise<void> {
  const attempt = await kit.begin();
  assert.equal((await attempt.answer()).status, 101);
  leave(attempt);
}

async function closedWith(kit: Kit, bytes: Uint8Array, code: number): Promise<void> {
  const frames = await kit.connect();
  frames.write(bytes);
  assert.equal((await frames.nextClose())?.code, code);
  frames.destroy();
}

const messagePolicy = (deadline: number): PolicyOptions<unknown> => ({
  origins: [pageOrigin],
  token: {
    from: [firstMessage({ deadline, maxBytes: 100 })],
    verify(token) {
      if (token === "throw") throw new Error("no database");
      return token === "good" ? grant({ principal: "ada" }) : refuse("invalid");
    },
  },
});

const rows: readonly Row[] = [
  ...pendingExits.map(([name, leave, deadline = never]): Row => ({
    name: `maxPending: the place is free again when ${name}`,
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({
        policy: { origins: [], directory },
        options: { maxPending: 1, maxConnections: 1, deadline },
      });
      await leave(kit, directory);
      await kit.sockets(0);
      directory.answerAtOnce(true);
      (await kit.connect()).destroy();
    },
  })),
  ...unauthenticatedExits.map(([name, leave, deadline = never]): Row => ({
    name: `maxUnauthenticated: the place of an open socket is free again when ${name}`,
    async run(stage) {
      const kit = await stage.start({
        policy: messagePolicy(deadline),
        options: { maxUnauthenticated: 1, maxConnections: 1 },
      });
      for (let round = 0; round < 2; round++) {
        await leave(kit);
        await kit.sockets(0);
      }
      // With the handshake, so that its deadline cannot pass before.
      const frames = await kit.connect({ extra: frameBytes("text", "good") });
      await frames.next();
      await frames.close();
    },
  })),
];

export const pendingSlotsTheme: Theme = { name: "Places of pending handshakes", rows };
