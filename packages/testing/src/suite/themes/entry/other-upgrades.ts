import assert from "node:assert/strict";
import type { HandshakeRequest, HeaderLine } from "../../../client/request.ts";
import { type KeptConnection, ordinary } from "../../exchange.ts";
import { Foreign } from "../../foreign.ts";
import { EchoApp } from "../../own-app.ts";
import { apiHost, evilOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";

/** What clients ask for beside a WebSocket: curl with --http2, Java's HttpClient by default, IPP printers. */
const protocols: readonly (readonly [name: string, lines: readonly HeaderLine[]])[] = [
  [
    "h2c",
    [
      ["Connection", "Upgrade, HTTP2-Settings"],
      ["Upgrade", "h2c"],
      ["HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"],
    ],
  ],
  [
    "TLS/1.2",
    [
      ["Upgrade", "TLS/1.2"],
      ["Connection", "Upgrade"],
    ],
  ],
  [
    "H2C, TLS/1.0",
    [
      ["Upgrade", "H2C, TLS/1.0"],
      ["Connection", "keep-alive, upgrade"],
    ],
  ],
];

const settings: readonly (readonly [name: string, options: StageSetup["options"]])[] = [
  ["by default", {}],
  ['with unrouted "refuse"', { unrouted: "refuse" }],
  ['with unrouted "pass"', { unrouted: "pass" }],
  ["with maxFailures", { maxFailures: { count: 1, seconds: 60 } }],
];

const chunks = "4\r\nbody\r\n9\r\n in parts\r\n0\r\n\r\n";

interface Asked {
  readonly request: HandshakeRequest;
  /** As it is sent. */
  readonly sent: string;
  readonly body: string;
}

function forms(path: string, lines: readonly HeaderLine[]): readonly Asked[] {
  const base = { ...ordinary, path, hostHeader: apiHost };
  const post = { ...base, method: "POST" };
  const long = "x".repeat(100_000);
  return [
    { request: { ...base, headers: lines }, sent: "", body: "" },
    { request: { ...base, headers: [...lines, ["Origin", evilOrigin]] }, sent: "", body: "" },
    { request: { ...base, headers: [...lines, ["Content-Length", "4"]] }, sent: "body", body: "body" },
    { request: { ...post, headers: [...lines, ["Content-Length", "0"]] }, sent: "", body: "" },
    { request: { ...post, headers: [...lines, ["Content-Length", "7"]] }, sent: "a\r\nbody", body: "a\r\nbody" },
    { request: { ...post, headers: [...lines, ["Content-Length", String(long.length)]] }, sent: long, body: long },
    {
      request: { ...post, headers: [...lines, ["Transfer-Encoding", "chunked"]] },
      sent: chunks,
      body: "body in parts",
    },
    { request: { ...base, method: "PUT", headers: [...lines, ["Content-Length", "3"]] }, sent: "put", body: "put" },
    { request: { ...base, method: "OPTIONS", headers: lines }, sent: "", body: "" },
  ];
}

async function isAnsweredByApp(connection: KeptConnection, { request, body }: Asked): Promise<void> {
  const response = await connection.response();
  const asked = `${request.method ?? "GET"} ${request.path} ${JSON.stringify(request.headers)}`;
  assert.ok(response, `no response to ${asked}`);
  assert.deepEqual([response.status, response.header("x-answered-by")], [200, "app"], asked);
  assert.equal(response.body.length, body.length, asked);
  assert.equal(response.body, body);
  assert.notEqual(response.header("connection"), "close", `the connection is closed after ${asked}`);
}

function answered(name: string, lines: readonly HeaderLine[], when: string, options: StageSetup["options"]): Row {
  return {
    name: `Upgrade: ${name} ${when}: the app answers as without a gate, with the body, on a connection that stays open; no event`,
    async run(stage) {
      const app = new EchoApp();
      const kit = await stage.start({ answer: app.answer, options: { ...options } });
      for (const path of ["/api/items", "/chat/lobby"]) {
        const connection = await kit.kept();
        const all = forms(path, lines);
        for (const asked of all) {
          connection.send(asked.request, asked.sent);
          await isAnsweredByApp(connection, asked);
        }
        assert.equal(app.seen.splice(0).length, all.length);
        connection.destroy();
      }
      assert.deepEqual(kit.events, []);
      await kit.sockets(0);
      // No address was locked out, and handshakes are decided as before.
      (await kit.connect()).destroy();
    },
  };
}

const [, h2c] = protocols[0] ?? ["", []];

const rows: readonly Row[] = [
  ...protocols.flatMap(([name, lines]) => settings.map(([when, options]) => answered(name, lines, when, options))),
  {
    name: "Upgrade: h2c: a body that comes later than the head is delivered",
    async run(stage) {
      const app = new EchoApp();
      const kit = await stage.start({ answer: app.answer });
      const connection = await kit.kept();
      const request = {
        ...ordinary,
        path: "/api/items",
        method: "POST",
        headers: [...h2c, ["Content-Length", "11"] as const],
      };
      connection.send(request);
      // The second connection is answered only after the server has read the head of the first.
      const other = await kit.kept();
      other.send({ ...ordinary, path: "/other" });
      await isAnsweredByApp(other, { request: { path: "/other" }, sent: "", body: "" });
      connection.write(Buffer.from("hello "));
      connection.write(Buffer.from("world"));
      await isAnsweredByApp(connection, { request, sent: "", body: "hello world" });
      assert.deepEqual(kit.events, []);
    },
  },
  {
    name: "Upgrade: h2c and then a handshake on the same connection: the handshake is decided",
    async run(stage) {
      const app = new EchoApp();
      const kit = await stage.start({ answer: app.answer });
      const connection = await kit.kept();
      connection.send({ ...ordinary, path: "/api/items", headers: h2c });
      await isAnsweredByApp(connection, { request: {}, sent: "", body: "" });
      connection.send({ path: "/chat/lobby", origin: evilOrigin, hostHeader: apiHost });
      kit.expect(1);
      assert.equal((await connection.response())?.status, 403);
      await connection.closed();
    },
  },
  {
    name: "Upgrade: h2c reaches no other upgrade listener, and the app answers",
    async run(stage) {
      const app = new EchoApp();
      const foreign = new Foreign();
      const kit = await stage.start({ answer: app.answer, before: foreign.attach, after: foreign.attach });
      const connection = await kit.kept();
      for (const asked of forms("/foreign", h2c)) {
        connection.send(asked.request, asked.sent);
        await isAnsweredByApp(connection, asked);
      }
      assert.deepEqual(foreign.seen, []);
      assert.deepEqual(kit.events, []);
    },
  },
  {
    name: 'Upgrade: h2c with unrouted "pass" reaches other upgrade listeners, without an event',
    async run(stage) {
      const seen: string[] = [];
      const kit = await stage.start({
        options: { unrouted: "pass" },
        after: (server) =>
          void server.on("upgrade", (request, socket) => {
            seen.push(`${request.headers.upgrade} ${request.url}`);
            socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
          }),
      });
      const answer = await kit.askUnreported({ path: "/grpc", ...ordinary, headers: h2c });
      assert.equal(answer.status, 101);
      answer.frames?.destroy();
      assert.deepEqual(seen, ["h2c /grpc"]);
      assert.deepEqual(kit.events, []);
    },
  },
];

export const otherUpgradesTheme: Theme = { name: "Upgrades to other protocols", rows };
