import assert from "node:assert/strict";
import type { DenyCode } from "@wsorigin/core";
import { frameBytes } from "../../../client/frame.ts";
import type { HandshakeRequest } from "../../../client/request.ts";
import { ordinary } from "../../exchange.ts";
import type { Kit } from "../../kit.ts";
import { SocketApp } from "../../own-app.ts";
import { apiHost, evilOrigin, pageOrigin, type Row, type Theme } from "../../stage.ts";
import { lines, opensInApp, ownPath, stripped, upgrade } from "./handshakes.ts";

/** Handshakes that Node delivers as `request`, because Connection does not name Upgrade. */
const lost: readonly (readonly [what: string, request: HandshakeRequest])[] = [
  ["Connection: keep-alive", lines(upgrade, ["Connection", "keep-alive"])],
  ["Connection: close", lines(upgrade, ["Connection", "close"])],
  ["no Connection line", lines(upgrade)],
  ["an empty Connection line", lines(upgrade, ["Connection", ""])],
  ["Connection: Upgraded", lines(upgrade, ["Connection", "Upgraded"])],
  ["Upgrade: WebSocket and no Connection line", lines(["Upgrade", "WebSocket"])],
  ["uPGRADE: WEBSOCKET and Connection: keep-alive", lines(["uPGRADE", "WEBSOCKET"], ["Connection", "keep-alive"])],
];

/** Requests that ask for a WebSocket in a way that no browser does. */
const odd: readonly (readonly [what: string, request: HandshakeRequest])[] = [
  ["Upgrade: websocket, h2c", lines(["Upgrade", "websocket, h2c"], ["Connection", "Upgrade"])],
  ["Upgrade: h2c, websocket", lines(["Upgrade", "h2c, websocket"], ["Connection", "Upgrade"])],
  [
    "Upgrade: h2c,WebSocket and Connection: keep-alive",
    lines(["Upgrade", "h2c,WebSocket"], ["Connection", "keep-alive"]),
  ],
  ["two Upgrade lines", lines(["Upgrade", "h2c"], upgrade, ["Connection", "Upgrade"])],
  ["two Upgrade lines and no Connection line", lines(["Upgrade", "h2c"], upgrade)],
  ["Upgrade: websocket/13", lines(["Upgrade", "websocket/13"], ["Connection", "Upgrade"])],
  ["Upgrade: websocket/13 and no Connection line", lines(["Upgrade", "websocket/13"])],
  ["POST and Connection: keep-alive", { ...lines(upgrade, ["Connection", "keep-alive"]), method: "POST" }],
  ["HTTP/1.0 and no Connection line", { ...lines(upgrade), httpVersion: "1.0" }],
  ["HTTP/2.0 in the request line and no Connection line", { ...lines(upgrade), httpVersion: "2.0" }],
  [
    "no key and Connection: keep-alive",
    { omit: ["connection", "sec-websocket-key"], headers: [["Connection", "keep-alive"]] },
  ],
];

/** What a gate may answer to a page that it does not allow: malformed, or not listed. */
async function refusesEvil(kit: Kit, request: HandshakeRequest): Promise<void> {
  const index = kit.events.length;
  const { status, raw } = await kit.ask({ origin: evilOrigin, ...request });
  assert.ok(status === 400 || status === 403, `answered: ${raw.toString("latin1")}`);
  const { decision } = await kit.event(index);
  assert.ok(!decision.allowed && decision.status === status, `the event is ${decision.code}`);
}

/** A page that is not listed reaches no request handler, which would open the socket by itself. */
function closed(what: string, request: HandshakeRequest, code?: DenyCode): Row {
  return {
    name: `${what}: another page does not reach a request handler that opens sockets`,
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      const asked = { path: ownPath, ...request };
      if (code === undefined) await refusesEvil(kit, asked);
      else await kit.refused({ origin: evilOrigin, ...asked }, 403, code);
      assert.deepEqual(app.seen, [], "the request reached the app");
      await kit.sockets(0);
    },
  };
}

function opened(what: string, request: HandshakeRequest): Row {
  return {
    name: `${what}: the listed page reaches that request handler, with one event`,
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      await opensInApp(kit, app, request);
      await kit.sockets(0);
    },
  };
}

const rows: readonly Row[] = [
  ...lost.flatMap(([what, request]) => [closed(what, request, "origin-not-listed"), opened(what, request)]),
  ...lost.map(([what, request]) =>
    stripped(
      `${what} on a route's path,`,
      request,
      ({ answer }) => ({ answer }),
      "with a request handler that opens sockets",
    ),
  ),
  ...odd.map(([what, request]) => closed(what, request)),
  {
    name: "a lost Connection line: Host, Origin and the form of the handshake are checked as for other handshakes",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      const asked = { path: ownPath, ...lines(upgrade, ["Connection", "keep-alive"]) };
      await kit.refused({ ...asked, hostHeader: "rebind.test" }, 403, "host-not-listed");
      await kit.refused({ ...asked, origin: null }, 403, "origin-missing");
      await kit.refused({ ...asked, origin: "null" }, 403, "origin-opaque");
      await kit.refused({ ...asked, origin: [pageOrigin, evilOrigin] }, 400, "origin-repeated");
      await kit.refused({ ...asked, omit: [...(asked.omit ?? []), "sec-websocket-key"] }, 400, "handshake-malformed");
      await kit.refused({ ...asked, path: "//evil.test/own" }, 400, "handshake-malformed");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: 'a lost Connection line and unrouted "refuse": 404 route-not-found, and the request handler is not reached',
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer, options: { unrouted: "refuse" } });
      await kit.refused({ path: ownPath, ...lines(upgrade) }, 404, "route-not-found");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "a lost Connection line on a connection that was used before: refused, and the connection is closed",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({
        answer: (request) => request.headers.upgrade !== undefined && app.answer(request),
      });
      const connection = await kit.kept();
      connection.send({ path: "/page", ...ordinary });
      assert.ok(await connection.response());
      connection.send({ path: ownPath, origin: evilOrigin, hostHeader: apiHost, ...lines(upgrade) });
      kit.expect(1);
      assert.equal((await connection.response())?.status, 403);
      await connection.closed();
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "frames behind a handshake with a lost Connection line reach nothing",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      await kit.refused(
        { path: ownPath, origin: evilOrigin, ...lines(upgrade), extra: frameBytes("text", "early") },
        403,
        "origin-not-listed",
      );
      assert.deepEqual(app.seen, []);
      await kit.sockets(0);
    },
  },
];

export const lostUpgradesTheme: Theme = { name: "Handshakes without Connection: Upgrade", rows };
