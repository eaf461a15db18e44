import assert from "node:assert/strict";
import { bearerHeader, type DenyCode, firstMessage, refuse, type TokenOptions } from "@wsorigin/core";
import { frameBytes } from "../../../client/frame.ts";
import type { HandshakeRequest } from "../../../client/request.ts";
import type { Kit } from "../../kit.ts";
import { pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";
import { good, verify, withToken } from "./policies.ts";

/** Opens a socket that has not sent its first message. */
async function owing(kit: Kit, request: HandshakeRequest = {}) {
  const frames = await kit.connect(request);
  assert.equal(kit.contexts.length, 0, "a handler runs before the first message");
  return frames;
}

/** These bytes, sent first on the open socket, close it, and no handler runs. */
function closes(name: string, send: Uint8Array | undefined, code: number, reported: DenyCode, setup: StageSetup): Row {
  return {
    name: `first message: ${name} closes with ${code}, ${reported}`,
    async run(stage) {
      const kit = await stage.start(setup);
      const frames = await owing(kit);
      if (send !== undefined) frames.write(send);
      assert.equal((await frames.nextClose())?.code, code);
      frames.destroy();
      assert.equal((await kit.event(0)).decision.code, reported);
      assert.equal(kit.contexts.length, 0, "a handler ran");
      await kit.sockets(0);
    },
  };
}

const message = (token: Partial<TokenOptions<unknown>> = {}, options: StageSetup["options"] = {}): StageSetup =>
  withToken([firstMessage({ deadline: 60_000, maxBytes: 100 })], token, options);

const rows: readonly Row[] = [
  {
    name: "first message: the handler runs after it is verified, later messages arrive in order, and there is one event",
    async run(stage) {
      const kit = await stage.start(message());
      const frames = await owing(kit);
      assert.equal(kit.events.length, 0, "an event before the token was sent");
      frames.write(Buffer.concat([good, "one", "two"].map((text) => frameBytes("text", text))));
      const greeting: unknown = JSON.parse((await frames.next()).text);
      assert.deepEqual(Reflect.get(Object(greeting), "principal"), { name: "Ada" });
      frames.send("three");
      for (const text of ["one", "two", "three"]) assert.equal((await frames.next()).text, text);
      assert.equal((await kit.event(0)).decision.allowed, true);
      await frames.close();
    },
  },
  {
    name: "first message: may be sent with the handshake",
    async run(stage) {
      const kit = await stage.start(message());
      const frames = await kit.connect({ extra: [frameBytes("text", good), frameBytes("text", "early")] });
      await frames.next();
      assert.equal((await frames.next()).text, "early");
    },
  },
  {
    name: "first message: may be fragmented, with a ping between the fragments",
    async run(stage) {
      const kit = await stage.start(message());
      const frames = await owing(kit);
      frames.frame("text", good.slice(0, 5), { fin: false });
      frames.frame("ping", "still there?");
      frames.frame("continuation", good.slice(5));
      assert.equal((await frames.next()).kind, "pong");
      assert.match((await frames.next()).text, /"Ada"/);
    },
  },
  {
    name: "first message: read() extracts the token",
    async run(stage) {
      const read = (text: string): string | undefined => Reflect.get(Object(JSON.parse(text)), "token");
      const kit = await stage.start(withToken([firstMessage({ read })]));
      const frames = await owing(kit);
      frames.send(JSON.stringify({ type: "auth", token: good }));
      assert.match((await frames.next()).text, /"Ada"/);
      const wrong = await kit.connect();
      wrong.send("not JSON");
      assert.equal((await wrong.nextClose())?.code, 4401);
      wrong.destroy();
    },
  },
  closes("a bad token", frameBytes("text", "bad"), 4401, "token-invalid", message()),
  closes("an empty message", frameBytes("text", ""), 4401, "token-malformed", message()),
  closes("a binary message", frameBytes("binary", good), 4401, "token-malformed", message()),
  closes("101 bytes", frameBytes("text", "x".repeat(101)), 4401, "token-malformed", message()),
  closes(
    "an unfinished frame that is too long",
    frameBytes("text", "x".repeat(60_000)).subarray(0, 30_000),
    4401,
    "token-malformed",
    message(),
  ),
  closes("an unmasked frame", frameBytes("text", good, { masked: false }), 1002, "client-gone", message()),
  closes(
    "a forbidden token",
    frameBytes("text", good),
    4403,
    "token-forbidden",
    message({ verify: () => refuse("forbidden") }),
  ),
  closes(
    "a verifier that throws",
    frameBytes("text", good),
    4408,
    "verifier-failed",
    message({ verify: () => Promise.reject(new Error("no database")) }),
  ),
  closes("nothing in time", undefined, 4408, "timed-out", withToken([firstMessage({ deadline: 200 })])),
  closes(
    'nothing in time, with closeCodes "iana",',
    undefined,
    3008,
    "timed-out",
    withToken([firstMessage({ deadline: 200 })], {}, { closeCodes: "iana" }),
  ),
  closes(
    "a verifier that never answers",
    frameBytes("text", good),
    4408,
    "timed-out",
    withToken([firstMessage({ deadline: 300 })], { verify: () => new Promise(() => {}) }),
  ),
  {
    name: "first message: a client that leaves before it: client-gone, and no socket is left",
    async run(stage) {
      const kit = await stage.start(message());
      const frames = await owing(kit);
      frames.destroy();
      assert.equal((await kit.event(0)).decision.code, "client-gone");
      await kit.sockets(0);
    },
  },
  {
    name: "first message: a client without an Origin needs its token in a header",
    async run(stage) {
      const kit = await stage.start({
        policy: {
          origins: [pageOrigin],
          missingOrigin: "token",
          token: {
            from: [bearerHeader(), firstMessage()],
            verify: (token) => (token === "x" ? verify(good) : refuse("invalid")),
          },
        },
      });
      await kit.refused({ origin: null }, 401, "token-invalid");
    },
  },
  {
    name: "maxUnauthenticated: 503 too-many-pending over the limit, until a first message is verified",
    async run(stage) {
      const kit = await stage.start(message({}, { maxUnauthenticated: 2 }));
      const first = await owing(kit);
      const second = await owing(kit);
      const refused = await kit.ask();
      assert.equal(refused.status, 503);
      assert.equal(kit.events[0]?.decision.code, "too-many-pending");
      first.send(good);
      await first.next();
      const third = await kit.connect();
      for (const frames of [first, second, third]) frames.destroy();
    },
  },
  {
    name: "closing the gate: a socket without its first message gets 1001",
    async run(stage) {
      const kit = await stage.start(message());
      const frames = await owing(kit);
      const closing = kit.server.closeGate({ timeout: 1000 });
      assert.equal((await frames.nextClose())?.code, 1001);
      await frames.close(1001).catch(() => {});
      await closing;
      assert.equal((await kit.event(0)).decision.code, "draining");
    },
  },
];

export const firstMessageTheme: Theme = { name: "The first message", rows };
