import { type Expectation, type Sight, sightsOf } from "./expectation.ts";

/** What a server did for one client's connection. */
export interface Observed {
  /** The codes of the decisions that were reported. */
  readonly codes: readonly string[];
  /** How often a route, listener or request handler got a handshake. */
  readonly asked: number;
  /** How often a request handler got an ordinary request. */
  readonly plain: number;
}

/** What a client saw, one entry for each answer; an answer may be taken for several things. */
export interface Seen {
  readonly answers: readonly ReadonlySet<Sight>[];
  /** What went wrong on the connection itself, such as an open socket that does not answer. */
  readonly faults: readonly string[];
  /** The client left early: a connection that was reset has no address any more, and by that events are assigned to clients. */
  readonly left: boolean;
}

export interface Judgement {
  readonly problems: readonly string[];
  /** How many decisions were not reported for this client. Events of clients that are gone may lack the address. */
  readonly missing: number;
}

/** The codes of handshakes that the app may have been given and did not answer. */
const unanswered = new Set(["route-not-found", "timed-out", "client-gone"]);

/** Compares what happened with what is permitted. */
export function judge(expected: readonly Expectation[], seen: Seen, observed: Observed, matches: boolean): Judgement {
  const problems = [...seen.faults];
  if (!matches) problems.push("the answers are not permitted");
  const most = sum(expected.map(({ events }) => events[1]));
  const least = sum(expected.map(({ events }) => events[0]));
  if (observed.codes.length > most)
    problems.push(`${observed.codes.length} decisions are reported, at most ${most} are due`);
  const codes = new Set(expected.flatMap((each) => [...each.codes]));
  for (const code of observed.codes) if (!codes.has(code)) problems.push(`the decision ${code} is not permitted`);
  for (const what of ["asked", "plain"] as const) {
    const [low, high] = [sum(expected.map((each) => each[what][0])), sum(expected.map((each) => each[what][1]))];
    const noun = what === "asked" ? "handshakes" : "ordinary requests";
    if (observed[what] < low || observed[what] > high)
      problems.push(`the app got ${observed[what]} ${noun}, ${low} to ${high} are permitted`);
  }
  const openers = new Set(expected.flatMap((each) => [...each.openers]));
  const allowed = observed.codes.filter((code) => openers.has(code)).length;
  const handedOn = observed.codes.filter((code) => openers.has(code) || unanswered.has(code)).length;
  const opened = seen.answers.filter((answer) => answer.has("opened")).length;
  let missing = Math.max(0, least - observed.codes.length);
  if (opened > allowed && seen.left) missing = Math.max(missing, opened - allowed);
  else if (opened > allowed) problems.push(`${opened} sockets opened, ${allowed} are reported as allowed`);
  if (observed.asked > handedOn) problems.push(`the app got ${observed.asked} handshakes, ${handedOn} were decided`);
  const told = new Set(observed.codes.flatMap(sightsOf));
  for (const answer of seen.answers) {
    const [sight] = answer;
    if (answer.size !== 1 || sight === undefined || !/^(?:gate|guard) /.test(sight) || told.has(sight)) continue;
    if (seen.left) missing = Math.max(missing, 1);
    else problems.push(`the refusal ${sight} is not reported`);
  }
  return { problems, missing };
}

/**
 * Whether the answers, in order, are what the messages may be answered with, in order. A message that may be answered with nothing can be
 * passed over.
 *
 * @param extra whether one more answer may come from Node itself, for bytes that belong to no message
 */
export function matchInOrder(
  expected: readonly Expectation[],
  answers: readonly ReadonlySet<Sight>[],
  extra: boolean,
): boolean {
  const [message, ...messages] = expected;
  const [answer, ...rest] = answers;
  if (message === undefined) return answer === undefined || (extra && rest.length === 0 && answer.has("node"));
  if (
    answer !== undefined &&
    [...answer].some((sight) => message.sights.has(sight)) &&
    matchInOrder(messages, rest, extra)
  )
    return true;
  return message.sights.has("none") && matchInOrder(messages, answers, extra);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
