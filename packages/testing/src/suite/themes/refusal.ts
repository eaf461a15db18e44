import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { HandshakeRequest } from "../../client/request.ts";
import { frameBytes } from "../../client/frame.ts";
import { checkRefusal } from "../refusal-shape.ts";
import { evilOrigin, pageOrigin, type Row, type Theme } from "../stage.ts";

const refusedByStatus: Readonly<Record<string, readonly HandshakeRequest[]>> = {
  400: [
    { origin: "nonsense" },
    { origin: [pageOrigin, evilOrigin] },
    { hostHeader: null },
    { httpVersion: "1.0" },
    { method: "POST" },
    { omit: ["sec-websocket-key"] },
  ],
  403: [
    { origin: evilOrigin },
    { origin: "null" },
    { origin: null },
    { hostHeader: "rebind.test" },
    { origin: evilOrigin, path: "/throws" },
  ],
  426: [
    { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "7"]] },
    { omit: ["upgrade", "connection"] },
  ],
};

const rows: readonly Row[] = [
  {
    name: "all refusals with the same status have the same bytes",
    async run(stage) {
      const kit = await stage.start();
      for (const [status, requests] of Object.entries(refusedByStatus)) {
        const seen = new Set<string>();
        for (const request of requests) {
          const answer = await kit.ask(request);
          assert.equal(String(answer.status), status, JSON.stringify(request));
          checkRefusal(answer);
          seen.add(answer.raw.toString("latin1"));
        }
        assert.equal(seen.size, 1, `${status} has ${seen.size} forms: ${JSON.stringify([...seen])}`);
      }
    },
  },
  {
    name: "the refusal of a page is the same on an unknown path",
    async run(stage) {
      const kit = await stage.start();
      const routed = await kit.ask({ origin: evilOrigin });
      const unrouted = await kit.ask({ origin: evilOrigin, path: "/nowhere" });
      assert.equal(unrouted.raw.toString("latin1"), routed.raw.toString("latin1"));
    },
  },
  {
    name: "frames sent with a refused handshake do not truncate the answer",
    async run(stage) {
      const kit = await stage.start();
      for (const size of [10, 30_000, 1_000_000])
        await kit.refused(
          { origin: evilOrigin, extra: frameBytes("binary", Buffer.alloc(size)) },
          403,
          "origin-not-listed",
        );
      await kit.sockets(0);
    },
  },
  {
    name: "a second request behind a refused handshake is not answered",
    async run(stage) {
      const kit = await stage.start();
      const extra = Buffer.from("GET /chat/lobby HTTP/1.1\r\nHost: api.example\r\n\r\n");
      await kit.refused({ origin: evilOrigin, extra }, 403, "origin-not-listed");
    },
  },
  {
    name: "a client that does not read its refusal is disconnected all the same",
    async run(stage) {
      const kit = await stage.start();
      await kit.begin({ origin: evilOrigin, afterwards: "stop-reading" });
      await kit.event(0);
      // At once: the kernel has the bytes, and waiting for a FIN that never comes gains nothing. Turns of the event loop are counted, not
      // milliseconds, so that a busy machine changes nothing.
      for (let turns = 0; (await kit.server.openSockets()) > 0; turns++) {
        assert.ok(turns < 500, "the connection is still open");
        await turn();
      }
    },
  },
  {
    name: "a client that has sent its FIN gets its refusal; one that has reset leaves nothing behind",
    async run(stage) {
      const kit = await stage.start();
      const answer = await kit.ask({ origin: evilOrigin, afterwards: "half-open" });
      assert.ok(answer.status === 403 || answer.status === undefined);
      await kit.ask({ origin: evilOrigin, afterwards: "reset" });
      await kit.sockets(0);
      await kit.works();
    },
  },
  {
    name: 'refuseWith "close": 101, then 4403 and nothing else; no handler runs',
    async run(stage) {
      const kit = await stage.start({ options: { refuseWith: "close" } });
      for (const origin of [evilOrigin, "null", null]) {
        const frames = await kit.connect({ origin, extra: frameBytes("text", "let me in") });
        const frame = await frames.next();
        assert.equal(frame.kind, "close");
        assert.equal(frame.code, 4403);
        frames.destroy();
      }
      await kit.sockets(0);
      assert.equal(kit.contexts.length, 0);
      assert.equal(kit.server.connections(), 0);
      assert.deepEqual(
        kit.events.map(({ decision }) => decision.code),
        ["origin-not-listed", "origin-opaque", "origin-missing"],
      );
      await kit.works();
    },
  },
  {
    name: 'refuseWith "close": a malformed handshake still gets its status',
    async run(stage) {
      const kit = await stage.start({ options: { refuseWith: "close" } });
      await kit.refused({ omit: ["sec-websocket-key"], origin: evilOrigin }, 400, "handshake-malformed");
      await kit.refused({ omit: ["connection"] }, 426, "upgrade-stripped");
    },
  },
];

export const refusalTheme: Theme = { name: "Refusals on the wire", rows };
