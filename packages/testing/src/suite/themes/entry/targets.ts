import assert from "node:assert/strict";
import type { HandshakeRequest } from "../../../client/request.ts";
import { Foreign } from "../../foreign.ts";
import { SocketApp } from "../../own-app.ts";
import { apiHost, evilOrigin, type Row, type Theme } from "../../stage.ts";

/** Request targets that a proxy or an app behind the gate could read as another host, or as another path. */
const targets = [
  "//169.254.169.254/x",
  "//169.254.169.254",
  "//",
  "///x",
  "//evil.test/chat/lobby",
  "//chat/lobby",
  "/\\evil.test/x",
  "/\\/evil.test",
  "/foreign\\..\\chat",
  "/chat\\lobby",
  "/foreign?next=\\evil",
  `http://${apiHost}//evil.test/x`,
  `http://${apiHost}/\\evil.test`,
  `http://evil.test/foreign`,
  `http://${apiHost}@evil.test/foreign`,
  `ws://${apiHost}/foreign`,
  "*",
];

/** Handshakes with a body, of which RFC 6455 handshakes have none. */
const bodies: readonly (readonly [name: string, request: HandshakeRequest])[] = [
  ["Content-Length: 5 and 5 bytes", { headers: [["Content-Length", "5"]], extra: Buffer.from("hello") }],
  ["Content-Length: 5 and nothing", { headers: [["Content-Length", "5"]] }],
  ["Content-Length: 1", { headers: [["Content-Length", "1"]], extra: Buffer.from("x") }],
  ["Content-Length: 100000 and nothing", { headers: [["Content-Length", "100000"]] }],
  [
    "Content-Length: 100000 and all of it",
    { headers: [["Content-Length", "100000"]], extra: Buffer.alloc(100_000, "x") },
  ],
  ["Transfer-Encoding: chunked", { headers: [["Transfer-Encoding", "chunked"]], extra: Buffer.from("0\r\n\r\n") }],
  [
    "Transfer-Encoding: chunked and a chunk",
    { headers: [["Transfer-Encoding", "chunked"]], extra: Buffer.from("5\r\nhello\r\n0\r\n\r\n") },
  ],
  ["Transfer-Encoding: Chunked and nothing", { headers: [["tRANSFER-eNCODING", "Chunked"]] }],
];

const rows: readonly Row[] = [
  ...targets.map((path): Row => ({
    name: `the target ${JSON.stringify(path)}: 400 handshake-malformed, and nothing else on the server is reached`,
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({ before: foreign.attach, after: foreign.attachFirst });
      await kit.refused({ path }, 400, "handshake-malformed");
      assert.deepEqual(foreign.seen, []);
      await kit.sockets(0);
    },
  })),
  {
    name: "a target that begins with two slashes does not reach a request handler either",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      for (const path of ["//169.254.169.254/x", "/\\evil.test"]) {
        await kit.refused({ path }, 400, "handshake-malformed");
        await kit.refused({ path, omit: ["connection"] }, 400, "handshake-malformed");
      }
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "slashes and encoded backslashes further on in a path are the app's affair",
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({ after: foreign.attach });
      for (const path of ["/foreign//x", "/foreign/%5Cx", "/foreign?to=//x"]) (await kit.connect({ path })).destroy();
      assert.equal(foreign.seen.length, 3);
    },
  },
  ...bodies.flatMap(([name, request]) =>
    (["/chat/lobby", "/foreign"] as const).map((path): Row => ({
      name: `${name} on ${path}: 400 handshake-malformed`,
      async run(stage) {
        const foreign = new Foreign();
        const kit = await stage.start({ after: foreign.attach });
        await kit.refused({ path, ...request }, 400, "handshake-malformed");
        await kit.refused({ path, ...request, origin: evilOrigin }, 400, "handshake-malformed");
        assert.deepEqual(foreign.seen, []);
        assert.equal(kit.contexts.length, 0);
        await kit.sockets(0);
      },
    })),
  ),
  {
    name: "a body on a path without any listener: 400 handshake-malformed, and no request handler is reached",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      for (const [, request] of bodies) {
        await kit.refused({ path: "/own", ...request }, 400, "handshake-malformed");
        await kit.refused({ path: "/own", ...request, omit: ["connection"] }, 400, "handshake-malformed");
      }
      assert.deepEqual(app.seen, []);
      await kit.sockets(0);
    },
  },
  {
    name: "Content-Length: 0 is a handshake without a body, and opens",
    async run(stage) {
      const kit = await stage.start();
      const { frames } = await kit.open({ headers: [["Content-Length", "0"]] });
      frames.send("hello");
      assert.equal((await frames.next()).text, "hello");
    },
  },
];

export const targetsTheme: Theme = { name: "Targets and bodies", rows };
