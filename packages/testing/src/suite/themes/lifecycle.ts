import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { within } from "../../client/wait.ts";
import { SlowDirectory } from "../rows.ts";
import { closingTime, evilOrigin, pageOrigin, type Row, type Theme } from "../stage.ts";

const channelName = "wsorigin:decision";

const rows: readonly Row[] = [
  {
    name: 'mode "report": lets every page in and reports what it would refuse',
    async run(stage) {
      const kit = await stage.start({ policy: { origins: [pageOrigin], mode: "report" } });
      for (const [index, [origin, code]] of (
        [
          [evilOrigin, "origin-not-listed"],
          [null, "origin-missing"],
          ["null", "origin-opaque"],
        ] as const
      ).entries()) {
        (await kit.open({ origin })).frames.destroy();
        const event = await kit.event(index);
        assert.equal(event.decision.code, code);
        assert.equal(event.mode, "report");
      }
      await kit.works();
      assert.equal((await kit.event(3)).decision.code, "origin-listed");
    },
  },
  {
    name: 'mode "report": a malformed handshake is refused all the same',
    async run(stage) {
      const kit = await stage.start({ policy: { origins: [pageOrigin], mode: "report" } });
      await kit.refused({ omit: ["sec-websocket-key"] }, 400, "handshake-malformed");
      await kit.refused({ method: "POST" }, 400, "handshake-malformed");
    },
  },
  {
    name: "an onDecision that throws changes nothing",
    async run(stage) {
      const kit = await stage.start({
        onDecision() {
          throw new Error("no disk");
        },
      });
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.works();
    },
  },
  {
    name: "diagnostics_channel gets every event that onDecision gets",
    alone: true,
    async run(stage) {
      const messages: unknown[] = [];
      const listen = (message: unknown): void => void messages.push(message);
      subscribe(channelName, listen);
      try {
        const kit = await stage.start();
        await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
        await kit.works();
        assert.deepEqual(messages, kit.events);
      } finally {
        unsubscribe(channelName, listen);
      }
    },
  },
  {
    name: "a diagnostics_channel subscriber that throws changes nothing",
    alone: true,
    async run(stage) {
      const uncaught: unknown[] = [];
      const listen = (): void => {
        throw new Error("subscriber");
      };
      // Node itself turns what a subscriber throws into an uncaught exception, where a gate publishes in the plain way.
      process.setUncaughtExceptionCaptureCallback((error) => void uncaught.push(error));
      subscribe(channelName, listen);
      try {
        const kit = await stage.start();
        await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
        await kit.works();
        assert.ok(
          uncaught.every((error) => error instanceof Error && error.message === "subscriber"),
          String(uncaught),
        );
      } finally {
        unsubscribe(channelName, listen);
        process.setUncaughtExceptionCaptureCallback(null);
      }
    },
  },
  {
    name: "closing the gate: 1001 to open sockets, 503 to new and pending handshakes; then the server closes",
    async run(stage) {
      const directory = new SlowDirectory();
      const kit = await stage.start({ policy: { origins: [pageOrigin], directory } });
      const polite = await kit.open();
      const stubborn = await kit.open();
      const pending = await kit.begin({ origin: "https://tenant.example" });
      await directory.asked();

      const closed = kit.server.closeGate({ timeout: 300 });
      const [first, second] = await Promise.all([polite.frames.close(), stubborn.frames.nextClose()]);
      assert.deepEqual([first?.code, second?.code], [1001, 1001]);
      const answer = await pending.answer();
      assert.ok(answer.status === 503 || answer.status === undefined, `status ${answer.status}`);
      assert.equal((await kit.event(2)).decision.code, "draining");
      assert.equal(directory.signals[0]?.aborted, true);
      await kit.refused({}, 503, "draining");

      await within(closed, closingTime, () => "the gate to close");
      // The client that never answers the close frame is disconnected when the timeout is over.
      await stubborn.frames.closed();
      await kit.sockets(0);
      assert.equal(kit.server.connections(), 0);
      await kit.refused({}, 503, "draining");
      await within(kit.close(), closingTime, () => "the server to close");
      await assert.rejects(kit.askUnreported(), /ECONNREFUSED/);
    },
  },
  {
    name: "closing the gate closes the sockets of other upgrade listeners",
    async run(stage) {
      const kit = await stage.start({
        after: (server) =>
          void server.on(
            "upgrade",
            (_request, socket) =>
              void socket.write(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
              ),
          ),
      });
      const frames = await kit.connect({ path: "/foreign" });
      await within(kit.server.closeGate({ timeout: 300 }), closingTime, () => "the gate to close");
      await frames.closed();
      await within(kit.close(), closingTime, () => "the server to close");
    },
  },
];

export const lifecycleTheme: Theme = { name: "Events and shutdown", rows };
