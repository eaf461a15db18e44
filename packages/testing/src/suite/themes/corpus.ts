import assert from "node:assert/strict";
import { createPolicy, PolicyError, type PolicyOptions } from "@wsorigin/core";
import type { HandshakeRequest } from "../../client/request.ts";
import { handshake } from "../../client/handshake.ts";
import { type HostCase, type OriginCase, type Verdict, verdictOf } from "../../corpus/cases.ts";
import { hostCases } from "../../corpus/host-cases.ts";
import { originCases } from "../../corpus/origin-cases.ts";
import { hostCaseOrigin, isSecureCase, policyOptionsOf } from "../../corpus/policy-options.ts";
import type { Kit } from "../kit.ts";
import { apiHost, type Row, type Stage, type Theme } from "../stage.ts";

/** How many cases are sent at a time. */
const atOnce = 16;

/** A case as it is sent. */
interface Sent {
  readonly why: string;
  readonly request: HandshakeRequest;
  readonly verdict: Verdict;
  /** Whether it must be sent over TLS or without, where that matters. */
  readonly secure: boolean | undefined;
}

function sentOrigin(row: OriginCase): Sent {
  const request = { path: "/chat/lobby", origin: row.origin, hostHeader: row.policy.host ?? apiHost };
  const secure = row.policy.sameOrigin === true ? isSecureCase(row) : undefined;
  return { why: row.why, request, verdict: row.wire ?? verdictOf(row), secure };
}

function sentHost(row: HostCase): Sent {
  return {
    why: row.why,
    request: { path: "/chat/lobby", origin: hostCaseOrigin, hostHeader: row.host },
    verdict: verdictOf(row),
    secure: undefined,
  };
}

/** A server for each policy, and every case of that policy sent to it. */
function rowsOf<Case extends OriginCase | HostCase>(
  header: string,
  cases: readonly Case[],
  sentOf: (row: Case) => Sent,
): readonly Row[] {
  const groups = new Map<string, { readonly options: PolicyOptions; readonly sent: Sent[] }>();
  for (const row of cases) {
    const options = policyOptionsOf(row);
    const key = JSON.stringify(options);
    const group = groups.get(key) ?? { options, sent: [] };
    group.sent.push(sentOf(row));
    groups.set(key, group);
  }
  return [...groups].map(([key, { options, sent }]) => ({
    name: `${header}: ${sent.length} of ${key}`,
    run: (stage) => runGroup(stage, options, sent),
  }));
}

async function runGroup(stage: Stage, options: PolicyOptions, sent: readonly Sent[]): Promise<void> {
  if (!isAccepted(options)) {
    await assert.rejects(stage.start({ policy: options }), PolicyError);
    assert.deepEqual(
      wrongOf(sent, () => "deny"),
      [],
      "createPolicy() refuses the policy, which counts as deny",
    );
    return;
  }
  const kit = await stage.start({ policy: options });
  // Node's parser rejects some cases before the gate gets them.
  kit.uncounted();
  const got = new Map<Sent, Verdict>();
  // A case that is allowed because of its scheme is not meaningful over the other scheme.
  const fitting = sent.filter(
    ({ secure, verdict }) => verdict === "deny" || secure === undefined || secure === (kit.target.tls === true),
  );
  for (let at = 0; at < fitting.length; at += atOnce) {
    await Promise.all(fitting.slice(at, at + atOnce).map(async (each) => got.set(each, await ask(kit, each))));
  }
  assert.deepEqual(
    wrongOf(fitting, (each) => got.get(each)),
    [],
  );
  assert.ok(kit.events.length <= fitting.length, "more events than handshakes");
}

async function ask({ target }: Kit, { request, why }: Sent): Promise<Verdict> {
  const answer = await handshake(target, request);
  answer.frames?.destroy();
  if (answer.status === 101) return "allow";
  assert.notEqual(answer.closed, "open", `${why}: the connection was left open`);
  return "deny";
}

function wrongOf(sent: readonly Sent[], got: (each: Sent) => Verdict | undefined): readonly string[] {
  return sent
    .filter((each) => got(each) !== each.verdict)
    .map((each) => `${each.verdict} expected: ${JSON.stringify(each.request.origin)} (${each.why})`);
}

function isAccepted(options: PolicyOptions): boolean {
  try {
    createPolicy(options);
    return true;
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}

export const corpusTheme: Theme = {
  name: "The corpus",
  rows: [...rowsOf("Origin", originCases, sentOrigin), ...rowsOf("Host", hostCases, sentHost)],
};
