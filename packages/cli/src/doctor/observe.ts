import { readFile } from "node:fs/promises";
import { CannotRun } from "../command.ts";
import type { Step } from "../finding.ts";
import type { DoctorOptions } from "./arguments.ts";
import { type Destination, exchange, open, type Reply } from "./exchange.ts";
import { planOf, type Probe, type ProbeName } from "./plan.ts";
import { closeFrameOf, wordsOf } from "./reply.ts";
import { type Reach, reach, speaksHttp2Only } from "./reach.ts";
import { type Who, whoAnswered } from "./who.ts";

/** Everything that was seen. Rules look at this and at nothing else. */
export interface Observations {
  readonly options: DoctorOptions;
  readonly reach: Reach;
  readonly http2Only: boolean;
  readonly replies: Readonly<Partial<Record<ProbeName, Reply>>>;
  readonly who: Who;
  /** The same from the backend itself, where it was named. */
  readonly direct: { readonly replies: Readonly<Partial<Record<ProbeName, Reply>>>; readonly who: Who } | undefined;
  /** When an idle connection was cut, and how; `undefined` where that was not watched, or it never opened. */
  readonly idle: Idle | undefined;
}

interface Idle {
  /** In seconds. */
  readonly watched: number;
  /** In seconds; `undefined` where it was not cut. */
  readonly cutAfter: number | undefined;
  /** The close code; `undefined` where there was no close frame: page code sees 1006. */
  readonly code: number | undefined;
}

const patience = 8000;

/** Looks at a connection from all sides, one request at a time. What was done is added to `steps` at once, so that an abort leaves it there. */
export async function observe(
  options: DoctorOptions,
  signal: AbortSignal,
  progress: (line: string) => void,
  steps: Step[],
): Promise<Observations> {
  const ca = options.ca === undefined ? undefined : await readAuthority(options.ca);
  const to = { ...destinationOf(options.url, options.insecure), ca };
  progress(`Connecting to ${options.url.host}`);
  const way = await reach(to, patience, signal);
  steps.push(...stepsOf(way, to));
  const unusable = way.failed !== undefined || (way.certificate?.problem !== undefined && !options.insecure);
  const http2Only = way.failed?.at === "tls" && (await speaksHttp2Only(to, patience, signal));
  // A certificate that does not verify ends it for browsers; what is behind it can be looked at all the same.
  const lenient = { ...to, trustAnything: true };
  const replies = way.failed === undefined ? await ask(lenient, planOf(options), signal, progress, steps, "") : {};
  if (unusable && way.failed !== undefined)
    steps.push({ name: "handshakes", outcome: "skipped", detail: "there is no connection to send them on" });
  const direct =
    options.direct === undefined ? undefined : await askDirect(options, options.direct, signal, progress, steps);
  const idle =
    options.idle > 0 && replies.page?.status === 101 ? await watch(lenient, options, signal, progress) : undefined;
  if (idle !== undefined) steps.push(idleStep(idle));
  const who = whoAnswered([replies.page, replies.plain, replies.version, replies.evil]);
  return { options, reach: way, http2Only, replies, who, direct, idle };
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CannotRun(`--ca: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function askDirect(
  options: DoctorOptions,
  url: URL,
  signal: AbortSignal,
  progress: (line: string) => void,
  steps: Step[],
): Promise<Observations["direct"]> {
  const names: ReadonlySet<ProbeName> = new Set(["plain", "version", "page"]);
  // The path is the backend's own, Host what the proxy should pass on.
  const plan = planOf({ ...options, url }).filter(({ name }) => names.has(name));
  const replies = await ask({ ...destinationOf(url, true) }, plan, signal, progress, steps, "backend: ");
  return { replies, who: whoAnswered(Object.values(replies)) };
}

async function ask(
  to: Destination,
  plan: readonly Probe[],
  signal: AbortSignal,
  progress: (line: string) => void,
  steps: Step[],
  prefix: string,
): Promise<Partial<Record<ProbeName, Reply>>> {
  const replies: Partial<Record<ProbeName, Reply>> = {};
  for (const { name, what, request, settle } of plan) {
    if (signal.aborted) throw new Error("Interrupted.");
    progress(`${prefix}${what}`);
    const reply = await exchange(to, request, { patience, settle, signal });
    replies[name] = reply;
    steps.push({
      name: `${prefix}${name}`,
      outcome: reply.status === undefined ? "failed" : "ok",
      detail: wordsOf(reply),
    });
    // Where nobody answers the page, more handshakes get no more answers.
    if (name === "page" && reply.status === undefined) break;
  }
  return replies;
}

/** Opens one socket, says nothing on it, and waits for its end. */
async function watch(
  to: Destination,
  options: DoctorOptions,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<Idle | undefined> {
  progress(`Watching an idle connection for ${options.idle} seconds`);
  const request = planOf(options).find(({ name }) => name === "page")?.request ?? "";
  let socket;
  try {
    socket = await open(to, patience, signal);
  } catch {
    return undefined;
  }
  const started = performance.now();
  const reply = await new Promise<{ readonly after: number | undefined; readonly bytes: Buffer }>((resolve) => {
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => resolve({ after: undefined, bytes }), options.idle * 1000);
    const ended = (): void => {
      clearTimeout(timer);
      resolve({ after: (performance.now() - started) / 1000, bytes });
    };
    socket.on("data", (chunk) => (bytes = Buffer.concat([bytes, chunk]).subarray(-4096)));
    socket.once("end", ended).once("close", ended).on("error", ended);
    signal.addEventListener("abort", ended, { once: true });
    socket.write(request, "latin1");
  });
  socket.destroy();
  if (signal.aborted) throw new Error("Interrupted.");
  const head = reply.bytes.indexOf("\r\n\r\n");
  const frame = closeFrameOf({ body: reply.bytes.subarray(head < 0 ? 0 : head + 4) });
  return { watched: options.idle, cutAfter: reply.after, code: frame?.code };
}

function idleStep({ watched, cutAfter, code }: Idle): Step {
  const how = code === undefined ? "without a close frame" : `with close ${code}`;
  return {
    name: "idle",
    outcome: cutAfter === undefined ? "ok" : "failed",
    detail: cutAfter === undefined ? `still open after ${watched} s` : `cut after ${cutAfter.toFixed(1)} s ${how}`,
  };
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

function stepsOf({ addresses, failed, certificate }: Reach, to: Destination): Step[] {
  const at = failed?.at;
  const why = failed?.message ?? "";
  const steps: Step[] = [
    {
      name: "name",
      outcome: at === "dns" ? "failed" : "ok",
      detail: at === "dns" ? why : addresses.join(", "),
    },
  ];
  if (at === "dns") return steps;
  steps.push({
    name: "connection",
    outcome: at === "tcp" ? "failed" : "ok",
    detail: at === "tcp" ? why : `port ${to.port}`,
  });
  if (at === "tcp" || !to.tls) return steps;
  const problem = certificate?.problem;
  steps.push({
    name: "TLS",
    outcome: at === "tls" || problem !== undefined ? "failed" : "ok",
    detail:
      at === "tls"
        ? why
        : `${problem ?? "certificate"} of ${certificate?.subject ?? ""}, until ${certificate?.validTo ?? ""}`,
  });
  return steps;
}
