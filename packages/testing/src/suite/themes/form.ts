import assert from "node:assert/strict";
import { until } from "../../client/wait.ts";
import { SocketApp } from "../own-app.ts";
import { refuses } from "../rows.ts";
import { evilOrigin, type Row, type Theme } from "../stage.ts";

const stripped = { omit: ["upgrade", "connection"] };

/** Paths that no route matches. */
const unknownPaths = [
  ["an unknown path", "/nowhere?ticket=canary"],
  ["a path below a route", "/chat/lobby/secret"],
  ["a path with dot segments", "/other/../chat/lobby"],
] as const;

const rows: readonly Row[] = [
  refuses("HTTP/1.0", { httpVersion: "1.0" }, 400, "handshake-malformed"),
  refuses("POST", { method: "POST" }, 400, "handshake-malformed"),
  refuses("PUT", { method: "PUT" }, 400, "handshake-malformed"),
  refuses("no key", { omit: ["sec-websocket-key"] }, 400, "handshake-malformed"),
  refuses(
    "a key of 15 bytes",
    { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"]] },
    400,
    "handshake-malformed",
  ),
  refuses(
    "a key that is not base64",
    { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "??????????????????????=="]] },
    400,
    "handshake-malformed",
  ),
  refuses("two keys", { headers: [["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="]] }, 400, "handshake-malformed"),
  refuses("no version", { omit: ["sec-websocket-version"] }, 400, "handshake-malformed"),
  refuses(
    "version 8",
    { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "8"]] },
    426,
    "version-unsupported",
  ),
  refuses(
    "a subprotocol name with a space",
    { headers: [["Sec-WebSocket-Protocol", "a b"]] },
    400,
    "handshake-malformed",
  ),
  ...unknownPaths.map(([what, path]) =>
    refuses(`${what}, with unrouted "refuse"`, { path }, 404, "route-not-found", { options: { unrouted: "refuse" } }),
  ),
  ...unknownPaths.map(([what, path]): Row => ({
    name: `${what}: no route opens it, and the app answers`,
    async run(stage) {
      const app = new SocketApp(false);
      const kit = await stage.start({
        answer(request, response) {
          app.answer(request);
          response.writeHead(410, { "Content-Length": 0, Connection: "close" }).end();
          return true;
        },
      });
      assert.equal((await kit.ask({ path })).status, 410);
      assert.equal(app.seen.length, 1);
      assert.equal(kit.contexts.length, 0);
      assert.equal((await kit.event(0)).route, undefined);
    },
  })),
  refuses("a path whose percent-encoding is invalid", { path: "/chat/%E0%A4%A" }, 400, "handshake-malformed"),
  refuses("a target that names another server", { path: "http://evil.test/chat/lobby" }, 400, "handshake-malformed"),
  {
    name: "field names and Upgrade are case-insensitive, and the request may arrive byte by byte",
    async run(stage) {
      const kit = await stage.start();
      const headers = [
        ["uPGRADE", "WebSocket"],
        ["cONNECTION", "keep-alive, UPGRADE"],
        ["sec-websocket-KEY", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["SEC-WEBSOCKET-VERSION", "13"],
      ] as const;
      const { frames } = await kit.open({ omit: headers.map(([name]) => name), headers, segment: 1 });
      frames.destroy();
    },
  },
  {
    name: "a handshake without Upgrade on a route's path: 426 with one line about the proxy, and one event",
    async run(stage) {
      const kit = await stage.start();
      for (const request of [stripped, { omit: ["upgrade"] }, { omit: ["connection"] }]) {
        const answer = await kit.refused(request, 426, "upgrade-stripped");
        assert.match(answer.body, /^[^\n]*proxy[^\n]*\n?$/i);
      }
      // Every page gets this answer: the proxy has to be fixed first.
      await kit.refused({ ...stripped, origin: evilOrigin }, 426, "upgrade-stripped");
    },
  },
  {
    name: "ordinary requests are answered by the app, without an event",
    async run(stage) {
      const kit = await stage.start();
      const ordinary = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
      for (const request of [
        { omit: ordinary },
        { omit: ordinary, method: "POST", headers: [["Content-Length", "0"]] as const },
        { ...stripped, path: "/nowhere" },
      ]) {
        const { status } = await kit.askUnreported({
          ...request,
          headers: [...(request.headers ?? []), ["Connection", "close"]],
        });
        assert.ok(status !== undefined && status !== 101 && status !== 426, `status ${status}`);
      }
    },
  },
  {
    name: "a header of 16 KiB: 431 or 400, no handler runs, and no socket is left",
    async run(stage) {
      const kit = await stage.start();
      for (const request of [
        { headers: [["X-Long", "x".repeat(16 * 1024)]] as const },
        { origin: `https://${"a".repeat(16 * 1024)}.example` },
      ]) {
        const { status } = await kit.askUnreported(request);
        // Node closes the connection with the rest of the request unread, so a reset can overtake the answer.
        assert.ok(status === 431 || status === 400 || status === undefined, `status ${status}`);
      }
      await until(async () => (await kit.server.openSockets()) === 0, "no socket is left");
      assert.equal(kit.contexts.length, 0);
    },
  },
];

export const formTheme: Theme = { name: "The form of the handshake", rows };
