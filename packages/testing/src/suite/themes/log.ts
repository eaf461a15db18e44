import assert from "node:assert/strict";
import { bearerProtocol, firstMessage, queryParam, refuse } from "@wsorigin/core";
import type { HandshakeRequest } from "../../client/request.ts";
import { evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../stage.ts";

/** C0 and C1 controls but for line feed, and DEL. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

const maxText = 6 * 1024;

function logged(setup: StageSetup = {}): { readonly texts: string[]; readonly setup: StageSetup } {
  const texts: string[] = [];
  return { texts, setup: { ...setup, options: { ...setup.options, log: (text) => void texts.push(text) } } };
}

const origins = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `https://evil${index}.test`);

/** Every text that a client can have written is short and holds no control character. */
function bounded(name: string, requests: readonly HandshakeRequest[], setup?: StageSetup): Row {
  return {
    name: `a log text is at most 6 kB, without control characters: ${name}`,
    async run(stage) {
      const { texts, setup: whole } = logged(setup);
      const kit = await stage.start(whole);
      for (const request of requests) (await kit.ask(request)).frames?.destroy();
      await kit.event(requests.length - 1);
      assert.ok(texts.length > 0, "nothing was logged");
      for (const text of texts) {
        assert.ok(Buffer.byteLength(text) <= maxText, `a text has ${Buffer.byteLength(text)} bytes`);
        assert.doesNotMatch(text, controls);
      }
    },
  };
}

/** As many bytes as a request line and headers may have together, less what the rest needs. */
const long = 12_000;

const rows: readonly Row[] = [
  {
    name: "each code, Origin and Host is logged once",
    async run(stage) {
      const { texts, setup } = logged({ policy: { origins: [pageOrigin], hosts: ["api.example", "b.example"] } });
      const kit = await stage.start(setup);
      for (let round = 0; round < 3; round++) {
        await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
        await kit.refused({ origin: "https://other.test" }, 403, "origin-not-listed");
        await kit.refused({ origin: evilOrigin, hostHeader: "b.example" }, 403, "origin-not-listed");
        await kit.refused({ origin: evilOrigin, hostHeader: "rebind.test" }, 403, "host-not-listed");
        await kit.refused({ origin: "null" }, 403, "origin-opaque");
      }
      assert.equal(texts.length, 5, texts.join("\n\n"));
      assert.equal(texts.filter((text) => text.includes("https://other.test")).length, 1);
    },
  },
  {
    name: "an allowed handshake is not logged",
    async run(stage) {
      const { texts, setup } = logged();
      const kit = await stage.start(setup);
      await kit.works();
      assert.deepEqual(texts, []);
    },
  },
  {
    name: "at most 100 texts a minute are logged, whatever clients send",
    async run(stage) {
      const { texts, setup } = logged();
      const kit = await stage.start(setup);
      for (const origin of origins(150)) (await kit.ask({ origin })).frames?.destroy();
      await kit.event(149);
      assert.ok(texts.length > 1, "different origins are logged apart");
      assert.ok(texts.length <= 101, `${texts.length} texts`);
    },
  },
  {
    name: "subprotocols of which the route selects none are logged once, with the option to write",
    async run(stage) {
      const { texts, setup } = logged();
      const kit = await stage.start(setup);
      for (const names of ["v2.app, v1.app", "v3.app"])
        (await kit.connect({ headers: [["Sec-WebSocket-Protocol", names]] })).destroy();
      assert.equal(texts.length, 1, texts.join("\n\n"));
      assert.match(texts[0] ?? "", /1006.*protocols: \["v2\.app", "v1\.app"\]/);
    },
  },
  {
    name: "a message longer than maxPayload is logged once, with the limit",
    async run(stage) {
      const { texts, setup } = logged({ options: { maxPayload: 1000 } });
      const kit = await stage.start(setup);
      for (let round = 0; round < 2; round++) {
        const frames = await kit.connect();
        frames.send("a".repeat(1001));
        assert.equal((await frames.nextClose())?.code, 1009);
        frames.destroy();
      }
      assert.equal(texts.length, 1, texts.join("\n\n"));
      assert.match(texts[0] ?? "", /maxPayload, 1000 bytes.*1009/);
    },
  },
  bounded("a long Origin", [{ origin: `https://${"a".repeat(long)}.test` }, { origin: "\u009b31m".repeat(2000) }]),
  bounded("a long Host", [{ hostHeader: "h".repeat(long) }, { hostHeader: "h\u009b2J\u0085h" }]),
  bounded("a long path", [
    { path: `/${"p".repeat(long)}`, origin: evilOrigin },
    { path: `/chat/lobby?${"q".repeat(long)}`, origin: evilOrigin },
    { path: `/chat/${"%1b".repeat(2000)}`, origin: evilOrigin },
  ]),
  bounded("a long Upgrade, Connection, version and subprotocol", [
    { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", `1\u009b${"2".repeat(long)}`]] },
    { headers: [["Sec-WebSocket-Protocol", `\u009b ${"x".repeat(long)}`]] },
    { omit: ["connection"], headers: [["Connection", `k\u009b${"x".repeat(long)}`]] },
    { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "\u009b".repeat(long)]] },
  ]),
  bounded(
    "a verifier whose error repeats the token",
    [{ path: `/chat/lobby?token=${"ab".repeat(long / 2)}` }, { path: `/chat/lobby?token=${"x".repeat(long)}` }],
    {
      policy: {
        origins: [pageOrigin],
        token: {
          from: [queryParam("token")],
          verify(token) {
            throw new Error(`\u001b[2J\u009b ${token} `.repeat(10));
          },
        },
      },
    },
  ),
  bounded(
    "two thousand tokens",
    [
      { path: `/chat/lobby?${"token=x&".repeat(1500)}` },
      {
        headers: [["Sec-WebSocket-Protocol", Array.from({ length: 1200 }, (_, index) => `bearer.x${index}`).join(",")]],
      },
    ],
    {
      options: { protocols: ["chat.v1"] },
      policy: {
        origins: [pageOrigin],
        token: { from: [queryParam("token"), bearerProtocol()], verify: () => refuse("invalid") },
      },
    },
  ),
  bounded("a directory whose error is long", [{}], {
    policy: {
      origins: [],
      directory: { has: () => Promise.reject(new Error(`\u001b]0;title\u0007${"e".repeat(1_000_000)}`)) },
    },
  }),
  {
    name: "an error of 400 kB that nearly repeats a token of 8 kB is redacted without a delay",
    alone: true,
    async run(stage) {
      const { texts, setup } = logged({
        policy: {
          origins: [pageOrigin],
          token: {
            from: [firstMessage({ deadline: 60_000, maxBytes: 10_000 })],
            verify() {
              throw new Error("aaaab".repeat(80_000));
            },
          },
        },
      });
      const kit = await stage.start(setup);
      const frames = await kit.connect();
      const before = process.cpuUsage();
      frames.send("a".repeat(8000));
      assert.equal((await frames.nextClose())?.code, 4408);
      frames.destroy();
      // Half a minute where each character is compared with each; a moment otherwise. Processor time does not depend on what else runs.
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 4_000_000, `it took ${(user + system) / 1000} ms of processor time`);
      for (const text of texts) assert.ok(Buffer.byteLength(text) <= maxText, `${text.length} characters`);
    },
  },
];

export const logTheme: Theme = { name: "The log", rows };
