import assert from "node:assert/strict";
import { until } from "../../client/wait.ts";
import { refuses } from "../rows.ts";
import { evilOrigin, type Row, type Theme } from "../stage.ts";

const stripped = { omit: ["upgrade", "connection"] };

const rows: readonly Row[] = [
  refuses("HTTP/1.0", { httpVersion: "1.0" }, 400, "handshake-malformed"),
  refuses("POST", { method: "POST" }, 400, "handshake-malformed"),
  refuses("PUT", { method: "PUT" }, 400, "handshake-malformed"),
  refuses("Upgrade: h2c", { omit: ["upgrade"], headers: [["Upgrade", "h2c"]] }, 400, "handshake-malformed"),
  refuses("no key", { omit: ["sec-websocket-key"] }, 400, "handshake-malformed"),
  refuses(
    "a key of 15 bytes",
    { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"]] },
    400,
    "handshake-malformed",
  ),
  refuses(
    "a key that is no base64",
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
    "a subprotocol that is no token",
    { headers: [["Sec-WebSocket-Protocol", "a b"]] },
    400,
    "handshake-malformed",
  ),
  refuses("a path that nobody has", { path: "/nowhere?ticket=canary" }, 404, "route-not-found"),
  refuses("a path below a route", { path: "/chat/lobby/secret" }, 404, "route-not-found"),
  refuses("a path with dot segments", { path: "/other/../chat/lobby" }, 404, "route-not-found"),
  refuses("a path that percent-decodes to nothing", { path: "/chat/%E0%A4%A" }, 400, "handshake-malformed"),
  refuses("a target that names another server", { path: "http://evil.test/chat/lobby" }, 400, "handshake-malformed"),
  {
    name: "the field names and Upgrade have no case, and the request may come byte by byte",
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
    name: "a handshake without Upgrade on a route's path: 426 with one line that says what a proxy did, and one event",
    async run(stage) {
      const kit = await stage.start();
      for (const request of [stripped, { omit: ["upgrade"] }, { omit: ["connection"] }]) {
        const answer = await kit.refused(request, 426, "upgrade-stripped");
        assert.match(answer.body, /^[^\n]*proxy[^\n]*\n?$/i);
      }
      // Whoever asks; it is the proxy that has to be mended.
      await kit.refused({ ...stripped, origin: evilOrigin }, 426, "upgrade-stripped");
    },
  },
  {
    name: "an ordinary request is none of the gate's business",
    async run(stage) {
      const kit = await stage.start();
      const ordinary = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
      for (const request of [
        { omit: ordinary },
        { omit: ordinary, method: "POST", headers: [["Content-Length", "0"]] as const },
        { ...stripped, path: "/nowhere" },
      ]) {
        const { status } = await kit.askUntold({
          ...request,
          headers: [...(request.headers ?? []), ["Connection", "close"]],
        });
        assert.ok(status !== undefined && status !== 101 && status !== 426, `status ${status}`);
      }
    },
  },
  {
    name: "a header of 16 KiB: 431 or 400, no handler, no socket left",
    async run(stage) {
      const kit = await stage.start();
      for (const request of [
        { headers: [["X-Long", "x".repeat(16 * 1024)]] as const },
        { origin: `https://${"a".repeat(16 * 1024)}.example` },
      ]) {
        const { status } = await kit.askUntold(request);
        // Node lets go of the connection with the rest of the request unread, and the reset can overtake the answer.
        assert.ok(status === 431 || status === 400 || status === undefined, `status ${status}`);
      }
      await until(async () => (await kit.server.openSockets()) === 0, "no socket is left");
      assert.equal(kit.contexts.length, 0);
    },
  },
];

export const formTheme: Theme = { name: "The form of the handshake", rows };
