import { STATUS_CODES } from "node:http";
import type { FuzzCase } from "./case.ts";
import { buildHttp1 } from "./http1/build.ts";
import { type Http1Outcome, sendHttp1 } from "./http1/send.ts";
import { buildHttp2 } from "./http2/build.ts";
import { type Http2Answer, type Http2Outcome, sendHttp2 } from "./http2/send.ts";
import type { Ending, Http1Change } from "./http1/change.ts";
import type { Http2Change, Http2Stream } from "./http2/change.ts";
import { expectConversation } from "./oracle/conversation.ts";
import type { Expectation, Sight } from "./oracle/expectation.ts";
import { isWaiting, speaksFirst } from "./oracle/first-message.ts";
import { expectStreams } from "./oracle/http2.ts";
import { matchInOrder, type Seen } from "./oracle/judge.ts";
import { type FuzzResponse, isGateRefusal, isRequestRefusal } from "./oracle/refusal.ts";
import { fixture, type FuzzSettings } from "./settings.ts";
import type { FuzzTarget } from "./target.ts";

/** A case that was sent, beside what was permitted. */
export interface AttemptedCase {
  readonly expected: readonly Expectation[];
  readonly seen: Seen;
  /** Whether the answers are permitted. */
  readonly matches: boolean;
  /** Whether it breaks the rules of HTTP/2. */
  readonly unruly: boolean;
  /** Whether Node itself may keep its connection. */
  readonly kept: boolean;
  /** The answers, to be printed. */
  readonly got: readonly string[];
}

/** Milliseconds that a client waits for what must come. A busy machine is slow; a server that hangs is found all the same. */
const patience = 20_000;
/** Milliseconds to wait for more where silence is permitted. */
const briefly = 60;
/** On HTTP/2: longer than the gate waits for another listener, since what a reset leaves behind is found then. */
const throughGrace = fixture.grace * 2;

/** Sends a case and compares the answers with what is permitted. */
export function attemptCase(fuzzCase: FuzzCase, target: FuzzTarget, settings: FuzzSettings): Promise<AttemptedCase> {
  return fuzzCase.protocol === "http1"
    ? attemptHttp1(fuzzCase.changes, target, settings)
    : attemptHttp2(fuzzCase.changes, target, settings);
}

async function attemptHttp1(
  changes: readonly Http1Change[],
  target: FuzzTarget,
  settings: FuzzSettings,
): Promise<AttemptedCase> {
  const conversation = buildHttp1(changes, settings.token);
  const { messages, quiet, extra } = expectConversation(conversation, settings);
  const [only] = messages;
  const waits = only !== undefined && isWaiting(conversation, only);
  const first = waits && speaksFirst(conversation, only, settings) ? conversation.message : undefined;
  const outcome = await sendHttp1(target, conversation, {
    patience,
    silence: quiet ? briefly : undefined,
    due: messages.filter(isDue).length,
    // A socket whose first message is refused closes instead.
    echo: waits && (first === undefined || only.asked[1] > 0),
    first,
  });
  const answers = outcome.responses.map((each) => sightsOfResponse(each, settings));
  return {
    expected: messages,
    seen: {
      answers,
      faults: faultsOf(outcome, quiet),
      left: !["wait", "stay"].includes(lastActOf(conversation.ending)),
    },
    matches: matchInOrder(messages, answers, extra),
    unruly: false,
    kept: target.keepsReset && lastActOf(conversation.ending).startsWith("reset"),
    got: [...outcome.responses.map(printed), outcome.timedOut ? "still open" : outcome.closed ? "closed" : "left"],
  };
}

/** Whether the server must do something about a message: answer it, or end the connection. */
function isDue({ sights, events, plain }: Expectation): boolean {
  return !sights.has("none") || events[0] > 0 || plain[0] > 0;
}

/** What a client does at last, once it has sent what it sends. */
function lastActOf(ending: Ending): "wait" | "stay" | "fin" | "reset" | "reset-on-answer" {
  return ending.how === "cut" ? ending.leave : ending.how;
}

function faultsOf({ timedOut, opened, echoed }: Http1Outcome, quiet: boolean): readonly string[] {
  if (opened && echoed === false) return ["the open socket does not answer"];
  return timedOut && !quiet ? ["the connection stays open without the answers that are due"] : [];
}

const nodeStatuses = new Set([400, 408, 413, 414, 417, 431]);

function sightsOfResponse(response: FuzzResponse, { requests }: FuzzSettings): ReadonlySet<Sight> {
  const { status } = response;
  if (status === 101) return new Set(["opened"]);
  if (isGateRefusal(response))
    return new Set<Sight>([`gate ${status}`, ...(requests ? [`guard ${status}` as const] : [])]);
  if (requests && isRequestRefusal(response)) return new Set<Sight>([`guard ${status}`]);
  return new Set<Sight>(nodeStatuses.has(status) ? ["node", "app"] : ["app"]);
}

function printed({ statusLine, headers, body }: FuzzResponse): string {
  return [statusLine, ...headers.map(([name, value]) => `${name}: ${value}`), body.slice(0, 80)].join(" | ");
}

async function attemptHttp2(
  changes: readonly Http2Change[],
  target: FuzzTarget,
  settings: FuzzSettings,
): Promise<AttemptedCase> {
  const conversation = buildHttp2(changes, settings.token);
  const { streams, quiet, unruly } = expectStreams(conversation, settings);
  const outcome = await sendHttp2(target, conversation, {
    patience,
    silence: throughGrace,
    isDue: (index) => streams[index]?.sights.has("none") === false,
    isOpen: (index, status) => status === 200 && isHandshake(conversation.streams[index]),
  });
  const sights = outcome.answers.map((answer, index) => sightsOfAnswer(answer, conversation.streams[index], outcome));
  const matches = sights.every((each, index) => [...each].some((sight) => streams[index]?.sights.has(sight)));
  return {
    expected: streams,
    seen: {
      answers: sights.filter((each) => !each.has("none")),
      faults: outcome.timedOut && !quiet ? ["a stream stays without the answer that is due"] : [],
      left: conversation.ending !== "wait",
    },
    matches,
    unruly,
    // Also without a gate, Node.js keeps connections whose client sent GOAWAY or was reset beside unread data, over TLS after any abrupt end.
    kept: target.tls || conversation.ending === "goaway" || conversation.ending === "reset",
    got: outcome.answers.map((answer) => JSON.stringify({ ...answer, body: answer.body.slice(0, 80) })),
  };
}

function isHandshake(stream: Http2Stream | undefined): boolean {
  return stream?.fields.some(([name]) => name === ":protocol") === true;
}

function sightsOfAnswer(
  { status, body, reset }: Http2Answer,
  stream: Http2Stream | undefined,
  { closed }: Http2Outcome,
): ReadonlySet<Sight> {
  if (status === undefined) return new Set<Sight>(reset ? ["reset"] : closed ? ["none", "reset"] : ["none"]);
  if (status === 200 && isHandshake(stream)) return new Set(["opened"]);
  const isRefusal = body !== "" && body.startsWith(STATUS_CODES[status] ?? "");
  if (isRefusal) return new Set<Sight>([`gate ${status}`, "app"]);
  // The reset may come before the body.
  return new Set<Sight>(reset && body === "" ? ["app", "reset"] : ["app"]);
}
