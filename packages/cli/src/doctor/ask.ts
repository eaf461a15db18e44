import { setTimeout as pause } from "node:timers/promises";
import { type Destination, exchange, headerOf, type Reply } from "./exchange.ts";
import { lanes } from "./lanes.ts";
import type { Probe, ProbeName } from "./plan.ts";
import { opened } from "./reply.ts";

export type Replies = Readonly<Partial<Record<ProbeName, Reply>>>;

/** What came back for the requests of a plan. */
export interface Answers {
  readonly replies: Replies;
  /** The first answers of requests that were sent again, because a limit had refused them. */
  readonly throttled: Replies;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Called with what is being tried. */
  readonly progress: (line: string) => void;
  /** Takes out of a reply what must be in no output. */
  readonly redact: (reply: Reply) => Reply;
}

/** At most so many connections are open at the same time. */
export const atOnce = 4;
/** How long to wait for an answer, in milliseconds. */
export const patience = 8000;
/** The same, once the page's handshake was not answered at all. */
const littlePatience = 2500;
/** How long to wait before a request that a limit refused is sent again, alone; in milliseconds. */
const breath = 1000;

const firstNames: ReadonlySet<ProbeName> = new Set(["version", "page"]);

/**
 * Sends the requests of a plan, a few at a time: the ordinary one first, then the page's handshake, and the others as soon as that is answered. If
 * nothing is answered at all, the others are left out. Never rejects; on an abort it returns the replies that were complete by then.
 */
export async function ask(to: Destination, plan: readonly Probe[], options: AskOptions): Promise<Answers> {
  const { signal, progress, redact } = options;
  const replies: Partial<Record<ProbeName, Reply>> = {};
  const throttled: Partial<Record<ProbeName, Reply>> = {};
  const run = lanes(atOnce);
  const send = async ({ name, what, request, settle }: Probe, limit: number, onHead?: () => void): Promise<void> => {
    if (signal.aborted) return;
    progress(what);
    const reply = await exchange(to, request, { patience: limit, settle, signal, onHead });
    // What an abort cut short is no answer.
    if (!signal.aborted) replies[name] = redact(reply);
  };
  const first = plan.filter(({ name }) => firstNames.has(name));
  const others = plan.filter(({ name }) => name !== "plain" && !firstNames.has(name));
  // Alone, so that a limit that lets one request through lets this one through: with it the others can be compared.
  for (const probe of plan.filter(({ name }) => name === "plain")) await send(probe, patience);
  let headOfPage = (): void => {};
  const pageAnswered = new Promise<void>((resolve) => (headOfPage = resolve));
  const firstDone = Promise.all(
    first.map((probe) => run(() => send(probe, patience, probe.name === "page" ? headOfPage : undefined))),
  );
  await Promise.race([pageAnswered, firstDone]);
  const isAnswered = replies.page === undefined || Object.values(replies).some(({ status }) => status !== undefined);
  const limit = replies.page?.end === "timeout" ? littlePatience : patience;
  if (isAnswered) await Promise.all(others.map((probe) => run(() => send(probe, limit))));
  await firstDone;
  for (const probe of plan) {
    const reply = replies[probe.name];
    if (reply === undefined || !isThrottled(reply, replies)) continue;
    progress("waiting, because a limit refuses requests");
    await pause(breath, undefined, { signal }).catch(() => {});
    throttled[probe.name] = reply;
    await send(probe, patience);
  }
  return { replies, throttled };
}

/** Whether a limit refused a request that might be answered a moment later: other requests are answered otherwise. */
function isThrottled(reply: Reply, { page, plain }: Replies): boolean {
  if (reply.status !== 429 && reply.status !== 503) return false;
  if (Number(headerOf(reply, "retry-after") ?? 0) > 2) return false;
  return reply === page ? plain?.status !== reply.status : opened(page);
}
