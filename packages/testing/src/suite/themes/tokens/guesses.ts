import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createPolicy, grant, queryParam, refuse } from "@wsorigin/core";
import type { HandshakeRequest } from "../../../client/request.ts";
import { pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";

const path = (token: string): HandshakeRequest => ({ path: `/chat/lobby?token=${token}` });

/** Single-use tickets: each is valid once. */
function ticketTable(...tickets: readonly string[]): {
  readonly calls: string[];
  readonly verify: (token: string) => Promise<ReturnType<typeof grant<unknown>> | ReturnType<typeof refuse>>;
} {
  const left = new Set(tickets);
  const calls: string[] = [];
  return {
    calls,
    async verify(token) {
      calls.push(token);
      await Promise.resolve();
      return left.delete(token) ? grant<unknown>({ principal: token }) : refuse("invalid");
    },
  };
}

/** A verifier that takes a while, so that what is sent at once is verified at once. */
function slowVerifier(valid: boolean): { readonly verified: string[]; readonly setup: StageSetup } {
  const verified: string[] = [];
  const setup: StageSetup = {
    policy: {
      origins: [pageOrigin],
      token: {
        from: [queryParam("token")],
        async verify(token) {
          verified.push(token);
          await delay(50);
          return valid ? grant<unknown>({ principal: token }) : refuse("invalid");
        },
      },
    },
    options: { maxFailures: { count: 5, seconds: 60 } },
  };
  return { verified, setup };
}

const rows: readonly Row[] = [
  {
    name: "maxFailures: of 60 guesses at once, no more are verified than may fail",
    async run(stage) {
      const { verified, setup } = slowVerifier(false);
      const kit = await stage.start(setup);
      const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => kit.ask(path(`guess${index}`))));
      assert.ok(verified.length <= 5, `${verified.length} guesses were verified`);
      const refused = answers.filter(({ status }) => status === 429).length;
      assert.equal(refused, 60 - verified.length);
      await kit.event(59);
      assert.ok(kit.events.every(({ decision: { code } }) => code === "token-invalid" || code === "too-many-failures"));
    },
  },
  {
    name: "maxFailures: 50 valid tokens at once from one address all open",
    async run(stage) {
      const { setup } = slowVerifier(true);
      const kit = await stage.start(setup);
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => kit.ask(path(`valid${index}`))));
      assert.deepEqual(
        answers.filter(({ status }) => status !== 101).map(({ status }) => status),
        [],
      );
      for (const { frames } of answers) frames?.destroy();
      await kit.sockets(0);
      await (await kit.connect(path("later"))).close();
    },
  },
  {
    name: "maxFailures: handshakes whose client leaves, or that time out, do not count",
    async run(stage) {
      let answers = false;
      const kit = await stage.start({
        policy: {
          origins: [pageOrigin],
          token: {
            from: [queryParam("token")],
            verify: async (token) => (answers ? grant<unknown>({ principal: token }) : new Promise(() => {})),
          },
        },
        options: { maxFailures: { count: 2, seconds: 60 }, deadline: 100 },
      });
      for (let count = 0; count < 3; count++) await kit.refused(path("slow"), 503, "timed-out");
      for (let count = 0; count < 3; count++) {
        const attempt = await kit.begin(path("slow"));
        attempt.reset();
        await kit.event(3 + count);
      }
      answers = true;
      await (await kit.connect(path("good"))).close();
    },
  },
  {
    name: "report: a policy that only reports does not use up a single-use ticket",
    async run(stage) {
      const tickets = ticketTable("t1", "t2", "t3");
      const token = { from: [queryParam("token")], verify: tickets.verify };
      const kit = await stage.start({
        policy: { origins: [pageOrigin], token },
        options: { report: createPolicy<unknown>({ origins: [pageOrigin], token }) },
      });
      for (const [index, ticket] of ["t1", "t2", "t3"].entries()) {
        await (await kit.connect(path(ticket))).close();
        const { decision, reported } = await kit.event(index);
        assert.equal(decision.allowed, true);
        assert.notEqual(reported?.code, "token-invalid");
      }
      await kit.refused(path("t1"), 401, "token-invalid");
    },
  },
  {
    name: "report: a stricter policy with the same tickets reports its own refusal",
    async run(stage) {
      const tickets = ticketTable("t1");
      const token = { from: [queryParam("token")], verify: tickets.verify };
      const kit = await stage.start({
        policy: { origins: [pageOrigin], token },
        options: { report: createPolicy<unknown>({ origins: ["https://other.example"], token }) },
      });
      await (await kit.connect(path("t1"))).close();
      const { decision, reported } = await kit.event(0);
      assert.deepEqual([decision.code, reported?.code], ["origin-listed", "origin-not-listed"]);
      assert.deepEqual(tickets.calls, ["t1"]);
    },
  },
];

export const guessesTheme: Theme = { name: "Guesses and reporting policies", rows };
