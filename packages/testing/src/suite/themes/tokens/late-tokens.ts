import assert from "node:assert/strict";
import { firstMessage, grant, type PolicyOptions, queryParam } from "@wsorigin/core";
import type { HandshakeRequest } from "../../../client/request.ts";
import { until } from "../../../client/wait.ts";
import { Foreign } from "../../foreign.ts";
import { RevocationFeed } from "../../rows.ts";
import { pageOrigin, type Row, type Theme } from "../../stage.ts";

const path = (token: string): HandshakeRequest => ({ path: `/chat/lobby?token=${token}` });

/** Verifies `<subject>-<session>-<id>`, and waits where a fourth part says so. */
class Verifier {
  readonly waiting: (() => void)[] = [];
  readonly policy: PolicyOptions<unknown> = {
    origins: [pageOrigin],
    token: { from: [queryParam("token")], verify: (token) => this.#verify(token) },
  };

  async #verify(token: string): Promise<ReturnType<typeof grant<unknown>>> {
    const [subject = "", session, id, wait] = token.split("-");
    if (wait !== undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return grant<unknown>({ principal: subject, subject, session, id });
  }
}

/** A revocation of this key, while refresh() verifies a token that has it, refuses the refresh. */
function refreshRow(revocation: object, how: string, current: string): Row {
  return {
    name: `refresh: ${how} revoked while the token is verified refuses it with token-revoked`,
    async run(stage) {
      const feed = new RevocationFeed();
      const verifier = new Verifier();
      const kit = await stage.start({ policy: verifier.policy, options: { revocations: feed } });
      const { frames } = await kit.open(path(current));
      const refreshed = kit.contexts[0]?.refresh("ada-s2-i2-wait");
      await until(() => verifier.waiting.length === 1, "the verifier is called");
      feed.revoke({ subject: "bob" });
      feed.revoke({ session: "s9" });
      feed.revoke(revocation);
      verifier.waiting[0]?.();
      assert.equal((await refreshed)?.code, "token-revoked");
      if (how === "a subject") {
        assert.equal((await frames.nextClose())?.code, 4401);
      } else {
        // The token in force is not revoked: the socket stays open with it.
        frames.send("still here");
        assert.equal((await frames.next()).text, "still here");
        const { decision } = kit.contexts[0] ?? {};
        assert.ok(decision?.allowed === true && decision.session === "s1");
      }
    },
  };
}

const rows: readonly Row[] = [
  refreshRow({ session: "s2" }, "a session", "ada-s1-i1"),
  refreshRow({ id: "i2" }, "an id", "ada-s1-i1"),
  refreshRow({ subject: "ada" }, "a subject", "ada-s1-i1"),
  {
    name: "refresh: the new token's session is the one that a later revocation closes",
    async run(stage) {
      const feed = new RevocationFeed();
      const kit = await stage.start({ policy: new Verifier().policy, options: { revocations: feed } });
      const { frames } = await kit.open(path("ada-s1-i1"));
      assert.equal((await kit.contexts[0]?.refresh("ada-s2-i2"))?.allowed, true);
      feed.revoke({ session: "s1" });
      feed.revoke({ id: "i1" });
      frames.send("still here");
      assert.equal((await frames.next()).text, "still here");
      feed.revoke({ session: "s2" });
      assert.equal((await frames.nextClose())?.code, 4401);
    },
  },
  {
    name: "first message: a revocation counts until the message is verified, however long its deadline is",
    async run(stage) {
      const feed = new RevocationFeed();
      const kit = await stage.start({
        policy: {
          origins: [pageOrigin],
          token: {
            from: [queryParam("token"), firstMessage({ deadline: 60_000 })],
            verify: (token) =>
              token === "never" ? new Promise(() => {}) : grant<unknown>({ principal: token, subject: token }),
          },
        },
        options: { revocations: feed, deadline: 60, grace: 60 },
        after: new Foreign(false).attach,
      });
      const revoked = await kit.connect();
      const other = await kit.connect();
      feed.revoke({ subject: "ada" });
      // Each of these is answered when the deadline or the grace of the gate is over, so both are over twice.
      for (let round = 0; round < 2; round++) {
        assert.equal((await kit.ask(path("never"))).status, 503);
        assert.equal((await kit.ask({ path: "/foreign?token=dan" })).status, 404);
      }
      const ended = kit.events.length;
      feed.revoke({ subject: "cyd" });
      revoked.send("ada");
      other.send("bob");
      assert.equal((await revoked.nextClose())?.code, 4401);
      assert.equal((await other.next()).kind, "text");
      await kit.event(ended + 1);
      assert.equal(kit.events.filter(({ decision }) => decision.code === "token-revoked").length, 1);
      assert.deepEqual(
        kit.contexts.map(({ principal }) => principal),
        ["bob"],
      );
    },
  },
  {
    name: "revocations: each closes the sockets that it names, and a thousand unknown ones close nothing",
    async run(stage) {
      const feed = new RevocationFeed();
      const kit = await stage.start({ policy: new Verifier().policy, options: { revocations: feed } });
      const tokens = ["ada-s1-i1", "ada-s2-i2", "ada-s2-i3", "bob-s3-i4", "bob-s3-i5", "cyd-s1-i6"];
      const frames = await Promise.all(tokens.map(async (token) => (await kit.open(path(token))).frames));
      for (let index = 0; index < 1000; index++)
        feed.revoke(index % 2 === 0 ? { subject: `x${index}` } : { session: `x${index}`, id: `y${index}` });
      assert.equal(kit.server.connections(), tokens.length);
      const closes = async (revocation: object, ...which: readonly number[]): Promise<void> => {
        feed.revoke(revocation);
        for (const index of which) assert.equal((await frames[index]?.nextClose())?.code, 4401, tokens[index]);
        for (const index of which) frames[index]?.destroy();
      };
      await closes({ session: "s2" }, 1, 2);
      await closes({ id: "i4" }, 3);
      await closes({ subject: "cyd" }, 5);
      for (const index of [0, 4]) {
        frames[index]?.send("still here");
        assert.equal((await frames[index]?.next())?.text, "still here");
      }
      await closes({ subject: "ada" }, 0);
      await closes({ session: "s3" }, 4);
      await until(() => kit.server.connections() === 0, "every socket is closed");
    },
  },
];

export const lateTokensTheme: Theme = { name: "Late tokens and revocations", rows };
