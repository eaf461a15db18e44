import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { until } from "../../client/wait.ts";
import { Foreign } from "../foreign.ts";
import { evilOrigin, type Row, type StageSetup, type Theme } from "../stage.ts";

const foreignPath = "/foreign?ticket=canary";

/** Another upgrade listener, added in this way, gets the handshakes that the policy allows on paths without a route, and nothing else. */
function filters(how: string, setupOf: (foreign: Foreign) => StageSetup): Row {
  return {
    name: `an upgrade listener added ${how} gets no refused handshake, and answers allowed ones`,
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start(setupOf(foreign));
      await kit.refused({ path: foreignPath, origin: evilOrigin }, 403, "origin-not-listed");
      await kit.refused({ path: foreignPath, origin: null }, 403, "origin-missing");
      await kit.refused({ path: foreignPath, hostHeader: "rebind.test" }, 403, "host-not-listed");
      await kit.refused({ path: foreignPath, method: "POST" }, 400, "handshake-malformed");
      await kit.refused({ path: foreignPath, httpVersion: "1.0" }, 400, "handshake-malformed");
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.works();
      assert.deepEqual(foreign.seen, [], "it got a handshake that is not its own");

      const index = kit.events.length;
      const answer = await kit.ask({ path: foreignPath });
      assert.equal(answer.status, 101);
      assert.equal(answer.header("x-answered-by"), "foreign");
      assert.deepEqual(foreign.seen, ["/foreign"]);
      answer.frames?.destroy();
      const event = await kit.event(index);
      assert.ok(event.decision.allowed);
      assert.equal(event.route, undefined);
    },
  };
}

const rows: readonly Row[] = [
  filters("before the guard", ({ attach }) => ({ before: attach })),
  filters("after the guard", ({ attach }) => ({ after: attach })),
  filters("after the guard with prependListener", ({ attachFirst }) => ({ after: attachFirst })),
  filters("after the guard with once", ({ attachOnce }) => ({ after: attachOnce })),
  {
    name: "two upgrade listeners both get an allowed handshake, as without a gate",
    async run(stage) {
      const [answering, silent] = [new Foreign(), new Foreign(false)];
      const kit = await stage.start({ before: silent.attach, after: answering.attach });
      const answer = await kit.ask({ path: foreignPath });
      assert.equal(answer.header("x-answered-by"), "foreign");
      assert.deepEqual([answering.seen, silent.seen], [["/foreign"], ["/foreign"]]);
      answer.frames?.destroy();
    },
  },
  {
    name: "an allowed handshake that no listener answers is closed with 404 after grace; an answered one stays open",
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({ before: foreign.attach, options: { grace: 100 } });
      const answered = await kit.ask({ path: foreignPath });
      const unanswered = await kit.ask({ path: "/somewhere-else" });
      assert.equal(unanswered.status, 404);
      assert.notEqual(unanswered.closed, "open");
      // This one is older, so its grace is over as well.
      answered.frames?.send("still here");
      assert.equal((await answered.frames?.next())?.text, "still here");
      answered.frames?.destroy();
      await kit.sockets(0);
    },
  },
  {
    name: "a listener may answer late, within grace",
    async run(stage) {
      const sockets: Duplex[] = [];
      const kit = await stage.start({
        options: { grace: 60_000 },
        after: (server) => void server.on("upgrade", (_request, socket: Duplex) => void sockets.push(socket)),
      });
      const late = await kit.begin({ path: foreignPath });
      await until(() => sockets.length === 1, "the listener has the handshake");
      await kit.works();
      sockets[0]?.end("HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      assert.equal((await late.answer()).status, 418);
      await kit.sockets(0);
    },
  },
  {
    name: "an upgrade listener that throws does not stop the server",
    async run(stage) {
      const kit = await stage.start({
        options: { grace: 100 },
        after(server) {
          server.on("upgrade", () => {
            throw new Error("foreign");
          });
        },
      });
      const { status } = await kit.ask({ path: foreignPath });
      assert.notEqual(status, 101);
      await kit.sockets(0);
      await kit.works();
    },
  },
  {
    name: 'unrouted "refuse": upgrade listeners get no handshake',
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({ after: foreign.attach, options: { unrouted: "refuse" } });
      await kit.refused({ path: foreignPath }, 404, "route-not-found");
      assert.notEqual((await kit.ask({ path: foreignPath, origin: evilOrigin })).status, 101);
      assert.deepEqual(foreign.seen, []);
      await kit.works();
    },
  },
  {
    name: 'unrouted "pass": upgrade listeners get every handshake, and routes stay guarded',
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({ after: foreign.attach, options: { unrouted: "pass" } });
      const answer = await kit.ask({ path: foreignPath, origin: evilOrigin });
      assert.equal(answer.header("x-answered-by"), "foreign");
      answer.frames?.destroy();
      const event = await kit.event(0);
      assert.equal(event.decision.code, "origin-not-listed");
      assert.equal(event.mode, "report");
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
    },
  },
  {
    name: "removing every upgrade listener does not remove the gate",
    async run(stage) {
      let takeOff = (): void => {};
      const kit = await stage.start({ after: (server) => (takeOff = () => void server.removeAllListeners("upgrade")) });
      takeOff();
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.works();
      await until(async () => (await kit.server.openSockets()) === 0, "no socket is left");
    },
  },
];

export const coexistenceTheme: Theme = { name: "Beside other upgrade listeners", rows };
