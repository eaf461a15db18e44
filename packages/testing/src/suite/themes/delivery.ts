import assert from "node:assert/strict";
import { frameBytes } from "../../client/frame.ts";
import { until } from "../../client/wait.ts";
import type { Row, Theme } from "../stage.ts";

/** Which subprotocol is chosen when a client offers this. */
function negotiates(
  name: string,
  protocols: readonly string[] | undefined,
  offered: string,
  agreed: string | undefined,
): Row {
  return {
    name: `subprotocols: ${name}`,
    async run(stage) {
      const kit = await stage.start(protocols === undefined ? {} : { options: { protocols } });
      const answer = await kit.ask({ headers: [["Sec-WebSocket-Protocol", offered]] });
      assert.equal(answer.status, 101);
      assert.equal(answer.header("sec-websocket-protocol"), agreed);
      await until(() => kit.contexts.length > 0, "the handler runs");
      assert.equal(kit.contexts[0]?.protocol, agreed ?? "");
      assert.ok(!JSON.stringify(answer.headers).includes("canary"), "a token was echoed");
    },
  };
}

/** A handler that throws or rejects. */
function fails(how: string, path: string, message: string): Row {
  return {
    name: `a handler that ${how}: 1011, and the server goes on`,
    async run(stage) {
      const kit = await stage.start();
      const frames = await kit.connect({ path });
      assert.equal((await frames.nextClose())?.code, 1011);
      frames.destroy();
      await until(() => kit.errors.length > 0, "onError is called");
      assert.match(String(kit.errors[0]), new RegExp(message));
      await kit.sockets(0);
      assert.equal(kit.server.connections(), 0);
      await kit.works();
    },
  };
}

const rows: readonly Row[] = [
  {
    name: "frames sent in the handshake's own segment arrive, in order",
    async run(stage) {
      const kit = await stage.start();
      const { frames } = await kit.open({
        extra: [frameBytes("text", "one"), frameBytes("binary", Buffer.from("two")), frameBytes("text", "three")],
      });
      for (const [kind, text] of [
        ["text", "one"],
        ["binary", "two"],
        ["text", "three"],
      ] as const) {
        const frame = await frames.next();
        assert.equal(frame.kind, kind);
        assert.equal(frame.text, text);
      }
    },
  },
  {
    name: "an unmasked first frame closes its own socket with 1002, and no other socket",
    async run(stage) {
      const kit = await stage.start();
      const witness = await kit.open();
      for (const early of [true, false]) {
        const bytes = frameBytes("text", "bare", { masked: false });
        const frames = await kit.connect(early ? { extra: bytes } : {});
        if (!early) frames.write(bytes);
        assert.equal((await frames.nextClose())?.code, 1002);
        frames.destroy();
      }
      await kit.sockets(1);
      witness.frames.send("still here");
      assert.equal((await witness.frames.next()).text, "still here");
    },
  },
  {
    name: "a message longer than maxPayload closes its socket with 1009",
    async run(stage) {
      const kit = await stage.start({ options: { maxPayload: 1000 } });
      const { frames } = await kit.open();
      frames.send("x".repeat(1000));
      assert.equal((await frames.next()).text.length, 1000);
      frames.send("x".repeat(1001));
      assert.equal((await frames.nextClose())?.code, 1009);
      frames.destroy();
      await kit.works();
    },
  },
  {
    name: "maxPayload defaults to 1 MiB: one byte more closes the socket with 1009",
    async run(stage) {
      const kit = await stage.start();
      const { frames } = await kit.open();
      frames.send(Buffer.alloc(1024 * 1024));
      assert.equal((await frames.next()).data.length, 1024 * 1024);
      frames.send(Buffer.alloc(1024 * 1024 + 1));
      assert.equal((await frames.nextClose())?.code, 1009);
    },
  },
  fails("throws", "/throws", "thrown on purpose"),
  fails("rejects", "/rejects", "rejected on purpose"),
  {
    name: "a client that resets leaves nothing behind, and the server goes on",
    async run(stage) {
      const kit = await stage.start();
      const attempt = await kit.begin();
      const { frames } = await attempt.answer();
      await frames?.next();
      assert.equal(kit.server.connections(), 1);
      attempt.reset();
      await kit.sockets(0);
      await until(() => kit.server.connections() === 0, "the gate has removed the socket");
      await kit.works();
    },
  },
  negotiates(
    "the server's first choice among those offered",
    ["chat.v2", "chat.v1"],
    "chat.v0, chat.v2, chat.v1",
    "chat.v2",
  ),
  negotiates("the only one in common", ["chat.v2", "chat.v1"], "chat.v1", "chat.v1"),
  negotiates("none in common", ["chat.v2"], "chat.v1", undefined),
  negotiates("a token in the list is not echoed", ["chat.v1"], "bearer.canary, chat.v1", "chat.v1"),
  negotiates("a token alone is not echoed", ["chat.v1"], "bearer.canary", undefined),
  negotiates("nothing is echoed where the server has no subprotocols", undefined, "bearer.canary, chat.v1", undefined),
];

export const deliveryTheme: Theme = { name: "The open socket", rows };
