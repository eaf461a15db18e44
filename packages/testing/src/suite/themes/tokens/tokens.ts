import assert from "node:assert/strict";
import {
  bearerHeader,
  bearerProtocol,
  cookie,
  type DenyCode,
  grant,
  queryParam,
  refuse,
  type TokenContext,
  type TokenSource,
} from "@wsorigin/core";
import type { HandshakeRequest } from "../../../client/request.ts";
import { until } from "../../../client/wait.ts";
import { evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";
import { type Answer, good, verify, withToken } from "./policies.ts";

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
];

export const tokensTheme: Theme = { name: "Tokens", rows };
