import assert from "node:assert/strict";
import { frameBytes } from "../../client/frame.ts";
import { refuses, SlowDirectory } from "../rows.ts";
import type { Row, StageSetup, Theme } from "../stage.ts";

/** A directory that returns any value, as one written in JavaScript may. */
function answering(value: unknown): StageSetup {
  return { policy: { origins: [], directory: { has: () => Reflect.get<object, string>({ value }, "value") } } };
}

const nonsense: readonly (readonly [name: string, value: unknown])[] = [
  ["1", 1],
  ['"yes"', "yes"],
  ["undefined", undefined],
  ["null", null],
  ["{}", {}],
  ["a promise of 1", Promise.resolve(1)],
  ["a promise of undefined", Promise.resolve()],
  ["a promise of an object", Promise.resolve({ allowed: true })],
];

/** A client that leaves while the directory is asked. */
function leaves(name: string, leave: (attempt: { end(): void; reset(): void }) => void): Row {
  return {
    name: `${name} while the decision is pending: client-gone, the signal is aborted, no socket is left, and the server goes on`,
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory } });
      const attempt = await kit.begin();
      await directory.asked();
      assert.equal(directory.signals[0]?.aborted, false);
      leave(attempt);
      assert.equal((await kit.event(0)).decision.code, "client-gone");
      assert.equal(directory.signals[0]?.aborted, true);
      await kit.sockets(0);
      directory.answer(true);
      const second = await kit.begin();
      await directory.asked(2);
      directory.answer(true);
      assert.equal((await second.answer()).status, 101);
      assert.equal(kit.contexts.length, 1, "the handler ran for a client that had left");
    },
  };
}

const rows: readonly Row[] = [
  {
    name: "a directory that never answers: 503 timed-out at the deadline, and the signal is aborted",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory }, options: { deadline: 100 } });
      await kit.refused({}, 503, "timed-out");
      assert.equal(directory.signals[0]?.aborted, true);
      directory.answer(true);
      await kit.sockets(0);
    },
  },
  refuses("a directory that throws", {}, 503, "directory-failed", {
    policy: {
      origins: [],
      directory: {
        has() {
          throw new Error("no table");
        },
      },
    },
  }),
  refuses("a directory that rejects", {}, 503, "directory-failed", {
    policy: { origins: [], directory: { has: () => Promise.reject(new Error("no table")) } },
  }),
  ...nonsense.map(([name, value]) =>
    refuses(`a directory that returns ${name}`, {}, 503, "directory-failed", answering(value)),
  ),
  leaves("a reset", (attempt) => attempt.reset()),
  leaves("a FIN", (attempt) => attempt.end()),
  {
    name: "frames sent with the handshake, or while it is pending, arrive in order",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory } });
      const attempt = await kit.begin({ extra: [frameBytes("text", "one"), frameBytes("text", "two")] });
      await directory.asked();
      attempt.write(frameBytes("text", "three"));
      directory.answer(true);
      const { frames } = await attempt.answer();
      assert.ok(frames);
      frames.send("four");
      await frames.next();
      for (const text of ["one", "two", "three", "four"]) assert.equal((await frames.next()).text, text);
    },
  },
  {
    name: "a late refusal is complete, even when the client has sent data meanwhile",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory } });
      const attempt = await kit.begin({ extra: frameBytes("binary", Buffer.alloc(100_000)) });
      await directory.asked();
      directory.answer(false);
      assert.equal((await attempt.answer()).status, 403);
      await kit.sockets(0);
    },
  },
];

export const pendingTheme: Theme = { name: "While the decision is pending", rows };
