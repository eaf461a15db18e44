import { setTimeout as delay } from "node:timers/promises";
import { attemptCase, type AttemptedCase } from "./attempt-case.ts";
import type { FuzzCase } from "./case.ts";
import { judge } from "./oracle/judge.ts";
import type { DecisionRecord, ReachRecord, ServerReport } from "./server/record.ts";
import type { ServerProcess } from "./server/process.ts";
import { fixture, type FuzzSettings } from "./settings.ts";
import { addressOf } from "./target.ts";

/** A case whose outcome is not permitted. */
export interface Difference {
  readonly case: FuzzCase;
  readonly problems: readonly string[];
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

export interface Round {
  readonly differences: readonly Difference[];
  /** What the server did wrong without saying for whom, such as the end of its process. */
  readonly faults: readonly string[];
  readonly decisions: number;
  /** The server stood still for so long that what the gate waits for may have come too late. */
  readonly stalled: boolean;
}

/** How many connections at once. */
const width = 48;

/** Milliseconds until connections whose clients are gone must be gone too: far more than the deadline, the grace and the two seconds of a refusal. */
const leakAfter = 15_000;

/** Milliseconds until a decision has come that waits for a first message. */
const lateAfter = fixture.messageDeadline * 3;

let clients = 0;

/** Sends cases side by side, then asks the server what it made of them. */
export async function runRound(
  server: ServerProcess,
  cases: readonly FuzzCase[],
  settings: FuzzSettings,
): Promise<Round> {
  const attempts = new Map<string, { readonly case: FuzzCase; readonly result: AttemptedCase }>();
  const waiting = cases.values();
  const work = async (): Promise<void> => {
    for (const next of waiting) {
      const from = addressOf(clients++);
      const { port, tls, keepsReset, node } = server.ready;
      const result = await attemptCase(next, { port, tls, keepsReset, from }, settings);
      attempts.set(from, { case: next, result });
      // Node.js 20 itself also keeps connections whose peer broke the rules of HTTP/2.
      if (result.kept || (node < 22 && result.unruly)) server.excused.add(from);
      // Of a client that was gone at once there is no address.
      if (server.excused.has(from)) server.excused.add("");
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  const due = new Map(
    Array.from(attempts, ([from, { result }]) => [
      from,
      result.expected.reduce((sum, { events }) => sum + events[0], 0),
    ]),
  );
  const { decisions, reached, errors, open, alive, stall } = await settle(server, due);
  const about = { decisions: decisions.length, stalled: stall > fixture.grace / 3 };
  const faults = errors.map((error) => `onError was called: ${error}`);
  if (!alive) return { differences: [], faults: [`the server's process ended: ${server.said}`], ...about };

  const differences: Difference[] = [];
  const anonymous = decisions.filter(({ ip }) => ip === "").length;
  let missing = 0;
  for (const [from, attempt] of attempts) {
    const { expected, seen, matches, got } = attempt.result;
    const codes = decisions.filter(({ ip }) => ip === from).map(({ code }) => code);
    const asked = reached.filter(({ ip, handshake }) => ip === from && handshake).length;
    const plain = reached.filter(({ ip, handshake }) => ip === from && !handshake).length;
    const judged = judge(expected, seen, { codes, asked, plain }, matches);
    const problems = [...judged.problems, ...(open.includes(from) ? ["its connection is left open"] : [])];
    missing += judged.missing;
    // Where events came without an address, nobody can say whose is missing.
    if (judged.missing > 0 && missing > anonymous) problems.push(`${judged.missing} decisions are not reported`);
    if (problems.length === 0) continue;
    differences.push({
      case: attempt.case,
      problems,
      expected: expected.map((each) =>
        JSON.stringify(each, (_key, value: unknown) => (value instanceof Set ? [...value] : value)),
      ),
      got: [...got, `decisions: ${codes.join(", ")}`, `reached the app: ${asked} handshakes, ${plain} requests`],
    });
  }
  if (open.length > 0 && differences.length === 0) faults.push(`${open.length} connections are left open`);
  return { differences, faults, ...about };
}

interface Settled extends Pick<ServerReport, "decisions" | "reached" | "errors" | "open" | "stall"> {
  readonly alive: boolean;
}

/**
 * Waits until the connections are gone, as long as they may take, and the decisions have come that are due: the one on a first message comes once it is known
 * that its client has left.
 */
async function settle(server: ServerProcess, due: ReadonlyMap<string, number>): Promise<Settled> {
  const decisions: DecisionRecord[] = [];
  const reached: ReachRecord[] = [];
  const errors: string[] = [];
  let stall = 0;
  const began = Date.now();
  for (; ; await delay(5)) {
    const report = await server.report();
    if (report === undefined) return { decisions, reached, errors, open: [], stall, alive: false };
    decisions.push(...report.decisions);
    reached.push(...report.reached);
    errors.push(...report.errors);
    stall = Math.max(stall, report.stall);
    const open = report.open.filter((from) => !server.excused.has(from));
    const waited = Date.now() - began;
    const { missing, anonymous } = countMissing(decisions, due);
    const isSettled = open.length === 0 && (missing === 0 || (missing <= anonymous && waited > lateAfter));
    if (isSettled || waited > leakAfter) return { decisions, reached, errors, open, stall, alive: true };
  }
}

/** Counts the decisions that are due and have not come, and those without an address, which may be anybody's. */
function countMissing(
  decisions: readonly DecisionRecord[],
  due: ReadonlyMap<string, number>,
): { readonly missing: number; readonly anonymous: number } {
  const left = new Map(due);
  let anonymous = 0;
  for (const { ip } of decisions) {
    const count = left.get(ip);
    if (count !== undefined) left.set(ip, count - 1);
    else if (ip === "") anonymous++;
  }
  return { missing: [...left.values()].reduce((sum, each) => sum + Math.max(0, each), 0), anonymous };
}
