import assert from "node:assert/strict";
import { createPolicy, grant, queryParam, refuse } from "@wsorigin/core";
import type { Answer } from "../../../client/answer.ts";
import type { HandshakeRequest } from "../../../client/request.ts";
import { until } from "../../../client/wait.ts";
import type { Kit } from "../../kit.ts";
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

/** How many failures the gate allows. */
const allowed = 5;

/** A verifier that answers nothing until `answerAll()`, so that handshakes are decided at the same time. */
class HeldVerifier {
  readonly verified: string[] = [];
  readonly setup: StageSetup;
  readonly #released: Promise<void>;
  #release = (): void => {};

  constructor(valid: boolean) {
    this.#released = new Promise((resolve) => (this.#release = resolve));
    this.setup = {
      policy: {
        origins: [pageOrigin],
        token: {
          from: [queryParam("token")],
          verify: async (token) => {
            this.verified.push(token);
            await this.#released;
            return valid ? grant<unknown>({ principal: token }) : refuse("invalid");
          },
        },
      },
      options: { maxFailures: { count: allowed, seconds: 60 }, deadline: 60_000 },
    };
  }

  /** Sends so many handshakes at once, and has their tokens verified when the server has them all. */
  async askAtOnce(kit: Kit, count: number): Promise<readonly Answer[]> {
    const answers = Array.from({ length: count }, (_, index) => kit.ask(path(`token${index}`)));
    await until(() => this.verified.length >= allowed, `${allowed} tokens are being verified`);
    await until(
      async () => (await kit.server.openSockets()) + kit.events.length >= count,
      `${count} handshakes have arrived`,
    );
    this.#release();
    return Promise.all(answers);
  }
}

const rows: readonly Row[] = [
  {
    name: "maxFailures: of 60 guesses at once, no more are verified than may fail",
    async run(stage) {
      const verifier = new HeldVerifier(false);
      const { verified } = verifier;
      const kit = await stage.start(verifier.setup);
      const answers = await verifier.askAtOnce(kit, 60);
      assert.ok(verified.length <= allowed, `${verified.length} guesses were verified`);
      const refused = answers.filter(({ status }) => status === 429).length;
      assert.equal(refused, 60 - verified.length);
      await kit.event(59);
      assert.ok(kit.events.every(({ decision: { code } }) => code === "token-invalid" || code === "too-many-failures"));
    },
  },
  {
    name: "maxFailures: 50 valid tokens at once from one address all open",
    async run(stage) {
      const verifier = new HeldVerifier(true);
      const kit = await stage.start(verifier.setup);
      const answers = await verifier.askAtOnce(kit, 50);
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
