import assert from "node:assert/strict";
import { requestBytes } from "../../../client/request.ts";
import { ordinary } from "../../exchange.ts";
import { Foreign } from "../../foreign.ts";
import { apiHost, pageOrigin, type Row } from "../../stage.ts";

/** Handshakes behind a GET on the same connection. */
export const pipelinedRows: readonly Row[] = [
  {
    name: "an unanswered upgrade behind a pipelined GET: both are answered in order, and the connection is closed",
    async run(stage) {
      const foreign = new Foreign(false);
      const kit = await stage.start({
        options: { grace: 150, maxConnections: 1 },
        after: foreign.attach,
        answer(_request, response) {
          // Node has read both requests by then, because they arrive in one segment.
          setImmediate(() => response.end("slow"));
          return true;
        },
      });
      const connection = await kit.kept();
      connection.send(
        { ...ordinary, path: "/slow" },
        requestBytes({ path: "/foreign", origin: pageOrigin, hostHeader: apiHost }, apiHost),
      );
      kit.expect(1);
      assert.equal((await connection.response())?.body, "slow");
      assert.equal((await kit.event(0)).decision.code, "route-not-found");
      const second = await connection.response();
      assert.ok(second === undefined || second.status === 404, `status ${second?.status}`);
      await connection.closed();
      await kit.sockets(0);
      await kit.works();
    },
  },
  {
    name: "a refused handshake with a body behind a pipelined GET is answered behind it",
    async run(stage) {
      const kit = await stage.start({
        after: new Foreign().attach,
        answer(_request, response) {
          setTimeout(() => response.end("slow"), 50);
          return true;
        },
      });
      const connection = await kit.kept();
      const headers = [["Content-Length", "5"]] as const;
      connection.send(
        { ...ordinary, path: "/slow" },
        requestBytes({ path: "/foreign", origin: pageOrigin, hostHeader: apiHost, headers }, apiHost),
      );
      kit.expect(1);
      assert.equal((await connection.response())?.body, "slow");
      assert.equal((await connection.response())?.status, 400);
      assert.equal((await kit.event(0)).decision.code, "handshake-malformed");
      await connection.closed();
    },
  },
  {
    name: "an upgrade that a listener answers behind a pipelined GET stays open",
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({
        options: { grace: 100 },
        after: foreign.attach,
        answer(_request, response) {
          response.end("first");
          return true;
        },
      });
      const connection = await kit.kept();
      connection.send({ ...ordinary, path: "/page" });
      connection.send({ path: "/foreign", origin: pageOrigin, hostHeader: apiHost });
      kit.expect(1);
      assert.equal((await connection.response())?.body, "first");
      assert.equal((await connection.response())?.status, 101);
      assert.equal((await kit.event(0)).decision.code, "origin-listed");
      // An unanswered one that came later is closed after its grace: by then this one's grace is over.
      await kit.refused({ path: "/elsewhere" }, 404, "route-not-found");
      assert.equal(await kit.server.openSockets(), 1);
    },
  },
];
