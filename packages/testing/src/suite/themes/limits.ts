import assert from "node:assert/strict";
import { SlowDirectory } from "../rows.ts";
import { evilOrigin, type Row, type StageSetup, type Theme } from "../stage.ts";

/** One socket may be open; the next may open when it is closed. */
function capped(name: string, options: StageSetup["options"]): Row {
  return {
    name: `${name}: 429 too-many-connections over the limit, until a socket closes`,
    async run(stage) {
      const kit = await stage.start({ options: { ...options } });
      const first = await kit.open();
      await kit.refused({}, 429, "too-many-connections");
      first.frames.send("still here");
      assert.equal((await first.frames.next()).text, "still here");
      await first.frames.close();
      await kit.sockets(0);
      await kit.works();
    },
  };
}

const rows: readonly Row[] = [
  {
    name: "maxPending: 503 too-many-pending at once over the limit, until a decision is made",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory }, options: { maxPending: 2 } });
      const first = await kit.begin();
      const second = await kit.begin();
      await directory.asked(2);
      const third = await kit.ask();
      assert.equal(third.status, 503);
      assert.equal(kit.events[0]?.decision.code, "too-many-pending");
      assert.match(third.header("retry-after") ?? "", /^\d+$/);
      assert.equal(directory.signals.length, 2, "the directory was asked about a handshake over the limit");
      directory.answer(true);
      assert.equal((await first.answer()).status, 101);
      assert.equal((await second.answer()).status, 101);
      const fourth = await kit.begin();
      await directory.asked(3);
      directory.answer(true);
      assert.equal((await fourth.answer()).status, 101);
    },
  },
  {
    name: "maxPending: a client that leaves frees its place",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [], directory }, options: { maxPending: 1 } });
      const first = await kit.begin();
      await directory.asked();
      first.reset();
      await kit.event(0);
      const second = await kit.begin();
      await directory.asked(2);
      directory.answer(true);
      assert.equal((await second.answer()).status, 101);
    },
  },
  capped("maxConnections", { maxConnections: 1 }),
  capped("maxConnectionsPerIp", { maxConnectionsPerIp: 1 }),
  {
    name: "maxConnections: refused handshakes do not count",
    async run(stage) {
      const kit = await stage.start({ options: { maxConnections: 1 } });
      for (let count = 0; count < 3; count++) await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.works();
    },
  },
  {
    name: "maxFailures: 429 too-many-failures after too many refusals for one address, also for the listed page",
    async run(stage) {
      const kit = await stage.start({ options: { maxFailures: { count: 2, seconds: 60 } } });
      await kit.works();
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.refused({ origin: "nonsense" }, 400, "origin-malformed");
      await kit.refused({}, 429, "too-many-failures");
      await kit.refused({ origin: evilOrigin }, 429, "too-many-failures");
    },
  },
  {
    name: "maxFailures: successes do not count",
    async run(stage) {
      const kit = await stage.start({ options: { maxFailures: { count: 1, seconds: 60 } } });
      for (let count = 0; count < 4; count++) await kit.works();
    },
  },
];

export const limitsTheme: Theme = { name: "Limits", rows };
