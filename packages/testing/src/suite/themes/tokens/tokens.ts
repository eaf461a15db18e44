import assert from "node:assert/strict";
import {
  bearerHeader,
  bearerProtocol,
  cookie,
  type DenyCode,
  firstMessage,
  grant,
  queryParam,
  refuse,
  type TokenContext,
  type TokenOptions,
  type TokenSource,
  type Verification,
} from "@wsorigin/core";
import { frameBytes } from "../../../client/frame.ts";
import type { HandshakeRequest } from "../../../client/request.ts";
import { until } from "../../../client/wait.ts";
import type { Kit } from "../../kit.ts";
import { RevocationFeed } from "../../rows.ts";
import { evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";

/** Valid tokens begin with "canary", like those that the kit's client always sends; none may appear in an event. */
const good = "canary-of-ada";

type Answer = Verification<unknown> | Promise<Verification<unknown>>;

/** Grants every canary to Ada, and refuses other tokens. */
function verify(token: string): Answer {
  return token.startsWith("canary") ? grant({ principal: { name: "Ada" }, subject: "ada" }) : refuse("invalid");
}

function withToken(
  from: readonly TokenSource[],
  token: Partial<TokenOptions<unknown>> = {},
  options: StageSetup["options"] = {},
): StageSetup {
  return {
    policy: { origins: [pageOrigin], token: { from, verify, ...token } },
    options: { protocols: ["chat.v1"], ...options },
  };
}

const offered = (value: string): HandshakeRequest => ({ headers: [["Sec-WebSocket-Protocol", value]] });

/** A token in its place opens the socket for its principal, and is not echoed. */
function opens(name: string, source: TokenSource, request: HandshakeRequest): Row {
  return {
    name: `${name}: the principal reaches the handler, and the token is not in the answer`,
    async run(stage) {
      const kit = await stage.start(withToken([source]));
      const answer = await kit.ask(request);
      assert.equal(answer.status, 101, answer.raw.toString("latin1"));
      // The greeting after it holds the cookies.
      const [head = ""] = answer.raw.toString("latin1").split("\r\n\r\n");
      assert.ok(!head.includes("canary"), "the answer holds the token");
      await until(() => kit.contexts.length === 1, "the handler has run");
      assert.deepEqual(kit.contexts[0]?.principal, { name: "Ada" });
      const { decision } = await kit.event(0);
      assert.ok(decision.allowed && decision.code === "origin-listed" && decision.subject === "ada");
    },
  };
}

function refuses(name: string, request: HandshakeRequest, status: number, code: DenyCode, setup: StageSetup): Row {
  return {
    name: `${name}: ${status} ${code}`,
    async run(stage) {
      const kit = await stage.start(setup);
      const answer = await kit.refused(request, status, code);
      assert.equal(answer.header("www-authenticate"), status === 401 ? "Bearer" : undefined);
    },
  };
}

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
  withToken([firstMessage({ deadline: 2000, maxBytes: 100 })], token, options);

/** Grants for so many milliseconds. */
const granting =
  (ms: number) =>
  (token: string): Verification<unknown> =>
    grant({
      principal: token.startsWith("canary") ? "Ada" : token,
      subject: token.split(" ")[0]?.slice(0, 3),
      expiresAt: Date.now() + ms,
    });

const rows: readonly Row[] = [
  opens("Authorization", bearerHeader(), {}),
  opens("a subprotocol", bearerProtocol(), offered(`bearer.${good}, chat.v1`)),
  opens("the query", queryParam("ticket"), {}),
  opens("a cookie", cookie("sid"), {}),
  {
    name: "a subprotocol: the server's is chosen, and none where it is not offered",
    async run(stage) {
      const kit = await stage.start(withToken([bearerProtocol()]));
      const spoken = await kit.ask(offered(`bearer.${good}, chat.v2, chat.v1`));
      assert.equal(spoken.header("sec-websocket-protocol"), "chat.v1");
      const unspoken = await kit.ask(offered(`bearer.${good}, chat.v2`));
      assert.equal(unspoken.header("sec-websocket-protocol"), undefined);
    },
  },
  {
    name: "the query: the handler gets it without the token, otherwise unchanged",
    async run(stage) {
      const kit = await stage.start(withToken([queryParam("ticket")]));
      await kit.open({ path: `/chat/lobby?a=%20b&tick%65t=${good}&c?&a=2&&d` });
      assert.deepEqual(
        [...(kit.contexts[0]?.query ?? [])],
        [
          ["a", " b"],
          ["c?", ""],
          ["a", "2"],
          ["d", ""],
        ],
      );
    },
  },
  refuses(
    "a token as the only subprotocol",
    offered(`bearer.${good}`),
    401,
    "token-malformed",
    withToken([bearerProtocol()]),
  ),
  refuses("two tokens", {}, 400, "token-ambiguous", withToken([bearerHeader(), cookie("sid")])),
  refuses("no token", {}, 401, "token-missing", withToken([queryParam("token")])),
  refuses("a bad token", { path: "/chat/lobby?token=bad" }, 401, "token-invalid", withToken([queryParam("token")])),
  refuses(
    "a forbidden token",
    {},
    403,
    "token-forbidden",
    withToken([bearerHeader()], { verify: () => refuse("forbidden") }),
  ),
  refuses(
    "a grant that has expired",
    {},
    401,
    "token-expired",
    withToken([bearerHeader()], { verify: () => grant({ principal: 1, expiresAt: Date.now() - 1 }) }),
  ),
  refuses(
    "a verifier that throws",
    {},
    503,
    "verifier-failed",
    withToken([bearerHeader()], {
      verify: (token) => {
        throw new Error(`no database for ${token}`);
      },
    }),
  ),
  refuses(
    "a verifier that returns a plain object",
    {},
    503,
    "verifier-failed",
    withToken([bearerHeader()], { verify: () => Promise.resolve(JSON.parse('{ "principal": 1 }')) }),
  ),
  {
    name: "a valid token with an unlisted Origin, or without one: 403, and the verifier is not called",
    async run(stage) {
      const asked: string[] = [];
      const kit = await stage.start(
        withToken([bearerHeader()], {
          verify(token) {
            asked.push(token);
            return verify(token);
          },
        }),
      );
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      await kit.refused({ origin: null }, 403, "origin-missing");
      await kit.refused({ origin: "null" }, 403, "origin-opaque");
      assert.deepEqual(asked, []);
    },
  },
  {
    name: "a verifier that never answers: 503 timed-out at the deadline, and its signal is aborted",
    async run(stage) {
      const signals: AbortSignal[] = [];
      const never = (_token: string, { signal }: TokenContext): Answer => {
        signals.push(signal);
        return new Promise(() => {});
      };
      const kit = await stage.start(withToken([bearerHeader()], { verify: never }, { deadline: 200 }));
      await kit.refused({}, 503, "timed-out");
      assert.equal(signals[0]?.aborted, true);
    },
  },
  {
    name: "a client that leaves while its token is verified: the signal is aborted, and no socket opens",
    async run(stage) {
      const signals: AbortSignal[] = [];
      const late = (_token: string, { signal }: TokenContext): Answer => {
        signals.push(signal);
        return new Promise(() => {});
      };
      const kit = await stage.start(withToken([bearerHeader()], { verify: late }));
      const attempt = await kit.begin();
      await until(() => signals.length === 1, "the verifier is called");
      attempt.reset();
      assert.equal((await kit.event(0)).decision.code, "client-gone");
      assert.equal(signals[0]?.aborted, true);
      await kit.sockets(0);
    },
  },
  {
    name: "required: false: without a token there is no principal; an invalid token is still refused",
    async run(stage) {
      const kit = await stage.start(withToken([queryParam("token")], { required: false }));
      await kit.open({ path: "/chat/lobby" });
      await kit.open({ path: `/chat/lobby?token=${good}` });
      assert.deepEqual(
        kit.contexts.map(({ principal }) => principal),
        [undefined, { name: "Ada" }],
      );
      await kit.refused({ path: "/chat/lobby?token=bad" }, 401, "token-invalid");
    },
  },
  {
    name: 'missingOrigin "token": allows a client with a token in Authorization only',
    async run(stage) {
      const kit = await stage.start({
        policy: { origins: [pageOrigin], missingOrigin: "token", token: { from: [bearerHeader()], verify } },
      });
      const { frames } = await kit.open({ origin: null });
      await frames.close();
      assert.deepEqual(kit.contexts[0]?.principal, { name: "Ada" });
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
    },
  },

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

  {
    name: "expiresAt: onExpiring is called, then the socket is closed with 4401, not before its time",
    async run(stage) {
      const warned: unknown[] = [];
      const kit = await stage.start(
        withToken(
          [bearerHeader()],
          { verify: granting(600) },
          {
            warnBefore: 400,
            onExpiring: ({ principal }) => void warned.push(principal),
          },
        ),
      );
      const { frames } = await kit.open();
      const { decision } = await kit.event(0);
      const end = decision.allowed ? (decision.expiresAt ?? 0) : 0;
      const close = await frames.nextClose();
      const closedAt = Date.now();
      assert.deepEqual([close?.code, close?.text], [4401, "Token expired"]);
      assert.ok(closedAt >= end, `closed ${end - closedAt} ms before its time`);
      assert.equal(warned.length, 1);
      frames.destroy();
    },
  },
  {
    name: 'expiresAt: closes with 3000 under closeCodes "iana"; an onExpiring that throws is reported and changes nothing',
    async run(stage) {
      const kit = await stage.start(
        withToken(
          [bearerHeader()],
          { verify: granting(200) },
          {
            closeCodes: "iana",
            onExpiring() {
              throw new Error("on purpose");
            },
          },
        ),
      );
      const { frames } = await kit.open();
      assert.equal((await frames.nextClose())?.code, 3000);
      frames.destroy();
      assert.deepEqual(kit.errors, [new Error("on purpose")]);
    },
  },
  {
    name: "expiresAt: later messages are ignored",
    async run(stage) {
      const kit = await stage.start(withToken([bearerHeader()], { verify: granting(300) }));
      const { frames } = await kit.open();
      const close = await frames.nextClose();
      assert.equal(close?.code, 4401);
      frames.send("too late");
      assert.equal(await frames.closed(200).catch(() => "open"), "open");
      frames.destroy();
    },
  },
  {
    name: "refresh: a token of the same subject extends the socket; another subject's token and an invalid one change nothing",
    async run(stage) {
      const times = new Map([
        ["ada 1", 500],
        ["ada 2", 1200],
      ]);
      const kit = await stage.start(
        withToken([queryParam("token")], {
          verify: (token) => (token === "bad" ? refuse("invalid") : granting(times.get(token) ?? 60_000)(token)),
        }),
      );
      const { frames } = await kit.open({ path: "/chat/lobby?token=ada%201" });
      const [context] = kit.contexts;
      assert.ok(context);
      const old = context.decision;
      assert.deepEqual(await codeOf(context.refresh("eve 1")), "token-forbidden");
      assert.deepEqual(await codeOf(context.refresh("bad")), "token-invalid");
      assert.deepEqual(await codeOf(context.refresh("")), "token-malformed");
      assert.equal(context.decision, old);
      const renewed = await context.refresh("ada 2");
      assert.ok(renewed.allowed);
      assert.equal(context.principal, "ada 2");
      assert.equal((await frames.nextClose())?.code, 4401);
      assert.ok(Date.now() >= (renewed.expiresAt ?? Infinity), "closed at the old time");
      frames.destroy();
      assert.equal(kit.events.length, 1, "a refresh is not a handshake");
    },
  },
  {
    name: "refresh: refused where the policy has no token",
    async run(stage) {
      const kit = await stage.start();
      const { frames } = await kit.open();
      assert.equal(await codeOf(kit.contexts[0]?.refresh(good)), "token-missing");
      frames.send("still here");
      assert.equal((await frames.next()).text, "still here");
    },
  },
  {
    name: "revocations: by subject, session and id; other sockets stay open, and pending handshakes are refused",
    async run(stage) {
      const feed = new RevocationFeed();
      const waiting: (() => void)[] = [];
      const kit = await stage.start(
        withToken(
          [queryParam("token")],
          {
            async verify(token) {
              const [subject = "", session, id, wait] = token.split("-");
              if (wait !== undefined) await new Promise<void>((resolve) => waiting.push(resolve));
              return grant({ principal: subject, subject, session, id });
            },
          },
          { revocations: feed },
        ),
      );
      const path = (token: string): HandshakeRequest => ({ path: `/chat/lobby?token=${token}` });
      const [one, two, three, four] = await Promise.all(
        ["ada-s1-i1", "ada-s2-i2", "bob-s3-i3", "bob-s4-i4"].map(async (token) => (await kit.open(path(token))).frames),
      );
      const pending = await kit.begin(path("bob-s4-i5-wait"));
      await until(() => waiting.length === 1, "the verifier is called");
      feed.revoke({ subject: "ada" });
      for (const frames of [one, two]) assert.equal((await frames?.nextClose())?.text, "Token revoked");
      feed.revoke({ id: "i3" });
      assert.equal((await three?.nextClose())?.code, 4401);
      four?.send("still here");
      assert.equal((await four?.next())?.text, "still here");
      feed.revoke({ session: "s4" });
      assert.equal((await four?.nextClose())?.code, 4401);
      waiting[0]?.();
      assert.equal((await pending.answer()).status, 401);
      assert.equal((await kit.event(4)).decision.code, "token-revoked");
      for (const frames of [one, two, three, four]) frames?.destroy();
      await kit.server.closeGate({ timeout: 100 });
      assert.equal(feed.listeners, 0, "the gate is still subscribed");
    },
  },
  {
    name: "maxFailures: refused tokens count, valid ones never do",
    async run(stage) {
      const kit = await stage.start(withToken([queryParam("token")], {}, { maxFailures: { count: 3, seconds: 60 } }));
      const path = (token: string): HandshakeRequest => ({ path: `/chat/lobby?token=${token}` });
      for (let count = 0; count < 5; count++) await (await kit.connect(path(good))).close();
      for (let count = 0; count < 3; count++) await kit.refused(path("bad"), 401, "token-invalid");
      await kit.refused(path(good), 429, "too-many-failures");
    },
  },
];

async function codeOf(decision: Promise<{ readonly code: string }> | undefined): Promise<string | undefined> {
  return (await decision)?.code;
}

export const tokensTheme: Theme = { name: "Tokens", rows };
