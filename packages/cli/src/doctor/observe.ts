import { readFile } from "node:fs/promises";
import { CannotRun } from "../command.ts";
import type { Step } from "../finding.ts";
import type { DoctorOptions } from "./arguments.ts";
import { type Answers, ask, type AskOptions, type Replies } from "./ask.ts";
import { connectPatience, type Destination } from "./exchange.ts";
import { type Idle, watch } from "./idle.ts";
import { planOf, type ProbeName } from "./plan.ts";
import { type Reach, reach, speaksHttp2Only } from "./reach.ts";
import { redactorOf } from "./secrets.ts";
import { stepsOf } from "./steps.ts";
import { type Who, whoAnswered } from "./who.ts";

/** Everything that was seen. Rules look at this and at nothing else. */
export interface Observations {
  readonly options: DoctorOptions;
  readonly reach: Reach;
  readonly http2Only: boolean;
  readonly replies: Replies;
  /** The first answers of requests that were sent again, because a limit had refused them. */
  readonly throttled?: Replies | undefined;
  readonly who: Who;
  /** The same from the backend itself, where it was named. */
  readonly direct: { readonly replies: Replies; readonly who: Who } | undefined;
  /** `undefined` where that was not watched, or it never opened. */
  readonly idle: Idle | undefined;
}

export interface Observed {
  readonly seen: Observations;
  readonly steps: readonly Step[];
}

/** The requests that go to the backend itself too. */
const directNames: ReadonlySet<ProbeName> = new Set(["plain", "version", "page"]);

/**
 * Looks at a connection from all sides. On an abort it returns what was seen until then.
 *
 * @throws {CannotRun} where a file that was named cannot be read
 */
export async function observe(
  options: DoctorOptions,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<Observed> {
  const ca = options.ca === undefined ? undefined : await readAuthority(options.ca);
  const to = { ...destinationOf(options.url, options.insecure), ca };
  const asking: AskOptions = { signal, progress, redact: redactorOf(options).reply };
  progress(`connecting to ${options.url.host}`);
  const way = await reach(to, connectPatience, signal);
  // An abort ends an attempt to connect too, which is no fault of the server.
  if (signal.aborted && way.failed !== undefined) return interrupted(options, way);
  const http2Only = way.failed?.at === "tls" && (await speaksHttp2Only(to, connectPatience, signal));
  // A certificate that does not verify ends it for browsers; what is behind it can be looked at all the same.
  const lenient = { ...to, trustAnything: true };
  const plan = planOf(options);
  const none: Answers = { replies: {}, throttled: {} };
  const { replies, throttled } = way.failed === undefined ? await ask(lenient, plan, asking) : none;
  const direct = options.direct === undefined ? undefined : await askDirect(options, options.direct, asking);
  const idle =
    options.idle > 0 && replies.page?.status === 101
      ? await watch(lenient, plan.find(({ name }) => name === "page")?.request ?? "", options.idle, asking)
      : undefined;
  const who = whoAnswered([replies.page, replies.plain, replies.version, replies.evil]);
  const seen: Observations = { options, reach: way, http2Only, replies, throttled, who, direct, idle };
  return {
    seen,
    steps: stepsOf(
      seen,
      plan.map(({ name }) => name),
      to.port,
    ),
  };
}

/** What is known where not even a connection was made in time. */
function interrupted(options: DoctorOptions, way: Reach): Observed {
  const who: Who = { proxy: undefined, app: undefined };
  const nothing = { http2Only: false, replies: {}, who, direct: undefined, idle: undefined };
  return { seen: { options, reach: { ...way, failed: undefined }, ...nothing }, steps: [] };
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CannotRun(`--ca: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function askDirect(options: DoctorOptions, url: URL, asking: AskOptions): Promise<Observations["direct"]> {
  // The path is the backend's own, Host what the proxy should pass on.
  const plan = planOf({ ...options, url }).filter(({ name }) => directNames.has(name));
  const progress = (line: string): void => asking.progress(`backend: ${line}`);
  const { replies } = await ask(destinationOf(url, true), plan, { ...asking, progress });
  return { replies, who: whoAnswered(Object.values(replies)) };
}

function destinationOf(url: URL, insecure: boolean): Destination {
  const tls = url.protocol === "wss:";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port === "" ? (tls ? 443 : 80) : url.port),
    tls,
    trustAnything: insecure,
  };
}
