import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPolicy, type Handshake, type Policy } from "@wsorigin/core";
import { Bench } from "tinybench";
import { median, quantile, shuffled } from "./stats.ts";
import { browserFields, bytesOf, entries, fresh, type Kind, origins } from "./strings.ts";

export interface CheckOptions {
  /** A tenth of the rounds. */
  readonly quick: boolean;
  readonly progress?: (text: string) => void;
}

/** Nanoseconds of one call: each sample is the mean of a batch. */
export interface Timing {
  readonly median: number;
  readonly p99: number;
  /** The lowest of the rounds' medians: what an otherwise idle machine would take. */
  readonly best: number;
}

/** What was timed, and what came of it. */
interface Timed<Of> {
  readonly of: Of;
  readonly timing: Timing;
}

/** `record`: `{ headers: { origin, host } }`. `raw`: a browser's fields as `rawHeaders`. */
type Shape = "record" | "raw";
/** `same`: one Origin again and again. `turn`: 1,000 different ones in turn. */
export type Pattern = "same" | "turn";

export interface CheckCell {
  readonly kind: Kind;
  readonly hit: boolean;
  readonly shape: Shape;
  readonly pattern: Pattern;
  readonly size: number;
}

interface HandWrittenCell {
  readonly check: (typeof handChecks)[number];
  readonly pattern: Pattern;
  readonly size: number;
}

interface LengthCell {
  readonly origin: string;
  readonly bytes: number;
}

interface CompileCell {
  readonly kind: Kind;
  readonly size: number;
  readonly milliseconds: number;
}

interface HeapCell {
  readonly what: "policy" | "set";
  readonly kind: Kind;
  readonly size: number;
  readonly bytes: number;
}

export interface CheckReport {
  readonly checks: readonly Timed<CheckCell>[];
  readonly handWritten: readonly Timed<HandWrittenCell>[];
  readonly lengths: readonly Timed<LengthCell>[];
  readonly compile: readonly CompileCell[];
  readonly heap: readonly HeapCell[];
}

export const sizes = [10, 1_000, 1_000_000] as const;
export const kinds = ["exact", "wildcard"] as const;
export const shapes = ["record", "raw"] as const;
export const patterns = ["same", "turn"] as const;
export const handChecks = ["set", "includes", "url"] as const;
const bools = [true, false] as const;

const largest = 1_000_000;
const host = bytesOf("api.example.com");

/** Something to time: a batch is made outside of the timing, and gone through once within it. */
interface Subject<Of> {
  readonly of: Of;
  readonly batch: number;
  readonly prepare: () => () => number;
  /** How many of a batch must be allowed: that the work is done at all, and right. */
  readonly allowed: number;
}

export async function measureCheck({ quick, progress = () => {} }: CheckOptions): Promise<CheckReport> {
  progress("compiling");
  const compiled = kinds.flatMap((kind) => sizes.map((size) => ({ kind, size, ...compile(kind, size) })));
  const compiledCells = compiled.map(({ kind, size, milliseconds }) => ({ kind, size, milliseconds }));
  progress("timing");
  const checks = compiled.flatMap(({ kind, size, policy }) => checkSubjects(kind, size, policy));
  const handWritten = sizes.flatMap((size) => handWrittenSubjects(size));
  const lengths = lengthSubjects(compiled);
  const rounds = quick ? 4 : 40;
  return {
    checks: await time(checks, rounds),
    handWritten: await time(handWritten, rounds),
    lengths: await time(lengths, rounds),
    compile: compiledCells,
    heap: await measureHeap(progress),
  };
}

/** Interleaves: each round times every subject once, in an order of its own; the first round is not counted. */
async function time<Of>(subjects: readonly Subject<Of>[], rounds: number): Promise<Timed<Of>[]> {
  const measured = new Map(subjects.map((subject) => [subject, { samples: [] as number[], medians: [] as number[] }]));
  for (let round = 0; round <= rounds; round++) {
    for (const subject of shuffled(subjects)) {
      const { batch, prepare, allowed } = subject;
      const bench = new Bench({ iterations: 10, time: 0, warmup: false, retainSamples: true, throws: true });
      let run = prepare();
      let counted = 0;
      bench.add("batch", () => (counted = run()), {
        async: false,
        beforeEach: () => void (run = prepare()),
        afterEach: () => {
          if (counted !== allowed) throw new Error(`${counted} of ${batch} allowed; ${allowed} should be.`);
        },
      });
      const [task] = bench.runSync();
      if (task?.result.state !== "completed") throw new Error("A round was not completed.");
      if (round === 0) continue;
      const nanoseconds = (task.result.latency.samples ?? []).map((sample) => (sample * 1e6) / batch);
      measured.get(subject)?.samples.push(...nanoseconds);
      measured.get(subject)?.medians.push(median(nanoseconds));
    }
    // A turn of the event loop, so that whoever watches this process sees it alive.
    await new Promise(setImmediate);
  }
  return [...measured].map(([{ of }, { samples, medians }]) => ({
    of,
    timing: { median: median(samples), p99: quantile(samples, 0.99), best: Math.min(...medians) },
  }));
}

function compile(kind: Kind, size: number): { readonly policy: Policy; readonly milliseconds: number } {
  const list = entries(kind, size);
  // A small list is compiled again and again: the first time would only tell how fast the engine starts.
  const times = Math.max(1, Math.min(100, 100_000 / size));
  const taken: number[] = [];
  let policy: Policy | undefined;
  for (let index = 0; index < times || policy === undefined; index++) {
    const started = performance.now();
    policy = createPolicy({ origins: list });
    taken.push(performance.now() - started);
  }
  return { policy, milliseconds: median(taken) };
}

function checkSubjects(kind: Kind, size: number, policy: Policy): Subject<CheckCell>[] {
  const batch = 256;
  return shapes.flatMap((shape) =>
    patterns.flatMap((pattern) =>
      bools.map((hit) => {
        const pool = origins(kind, hit, size, pattern === "same" ? 1 : 1000);
        const next = cycle(pool);
        const make = shape === "record" ? recordHandshake : rawHandshake;
        return {
          of: { kind, hit, shape, pattern, size },
          batch,
          allowed: hit ? batch : 0,
          prepare: () => {
            const handshakes = Array.from({ length: batch }, () => make(next()));
            return () => countAllowed(policy, handshakes);
          },
        };
      }),
    ),
  );
}

/** What people write by hand. The first two compare bytes, as the policy does; the third is slower, and lets attacks in. */
function handWrittenSubjects(size: number): Subject<HandWrittenCell>[] {
  const list = entries("exact", size);
  const set = new Set(list);
  const allows = {
    set: (origin: string) => set.has(origin),
    includes: (origin: string) => list.includes(origin),
    url: (origin: string) => URL.canParse(origin) && set.has(new URL(origin).origin),
  };
  return handChecks.flatMap((check) =>
    patterns.map((pattern) => {
      // Going through a million takes a millisecond.
      const batch = check === "includes" && size === largest ? 4 : 256;
      const next = cycle(origins("exact", true, size, pattern === "same" ? 1 : 1000));
      return {
        of: { check, pattern, size },
        batch,
        allowed: batch,
        prepare: () => {
          const batchOf = Array.from({ length: batch }, () => fresh(next()));
          return () => countTrue(allows[check], batchOf);
        },
      };
    }),
  );
}

interface Compiled {
  readonly kind: Kind;
  readonly size: number;
  readonly policy: Policy;
}

/** What a stranger may make a check cost, by the Origin that is sent. */
function lengthSubjects(compiled: readonly Compiled[]): Subject<LengthCell>[] {
  const batch = 16;
  const policy = compiled.find(({ kind, size }) => kind === "wildcard" && size === largest)?.policy;
  if (policy === undefined) throw new Error("There is no such policy.");
  const name = (bytes: number): string => `https://${"a".repeat(60)}.${"b".repeat(bytes - 69)}`;
  const texts = new Map([
    ["an origin", "https://app.stranger-0000005.example"],
    ["127 labels, the most a name has", `https://${"a.".repeat(126)}a`],
    ["600 bytes", name(600)],
    ["16 KiB, the most Node.js reads", name(16_384)],
    ["1 MiB", name(1_048_576)],
  ]);
  return [...texts].map(([origin, text]) => {
    const bytes = bytesOf(text);
    return {
      of: { origin, bytes: bytes.length },
      batch,
      allowed: 0,
      prepare: () => {
        const handshakes = Array.from({ length: batch }, () => recordHandshake(bytes));
        return () => countAllowed(policy, handshakes);
      },
    };
  });
}

function cycle(pool: readonly Buffer[]): () => Buffer {
  let index = 0;
  const [first = host] = pool;
  return () => pool[index++ % pool.length] ?? first;
}

function recordHandshake(origin: Buffer): Handshake {
  return { headers: { origin: fresh(origin), host: fresh(host) } };
}

const rawFields = browserFields("api.example.com", "")
  .flat()
  .map((text) => bytesOf(text));
const originAt = rawFields.findIndex((bytes) => bytes.toString("latin1") === "Origin") + 1;

function rawHandshake(origin: Buffer): Handshake {
  return { headers: {}, rawHeaders: rawFields.map((bytes, index) => fresh(index === originAt ? origin : bytes)) };
}

/** The one place that checks are timed at, so that no policy is compiled into it. */
function countAllowed(policy: Policy, handshakes: readonly Handshake[]): number {
  let allowed = 0;
  for (const handshake of handshakes) if (policy.check(handshake).allowed) allowed++;
  return allowed;
}

function countTrue(allows: (origin: string) => boolean, batch: readonly string[]): number {
  let allowed = 0;
  for (const origin of batch) if (allows(origin)) allowed++;
  return allowed;
}

/** In a process of its own each: what this one holds by now would blur it. */
async function measureHeap(progress: (text: string) => void): Promise<HeapCell[]> {
  const wanted = [
    { what: "policy", kind: "exact" },
    { what: "policy", kind: "wildcard" },
    { what: "set", kind: "exact" },
  ] as const;
  const cells: HeapCell[] = [];
  for (const { what, kind } of wanted) {
    progress(`heap of a ${what}`);
    const program = fileURLToPath(new URL("main.js", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "heap", what, kind]);
    cells.push({ what, kind, size: largest, bytes: Number(stdout) });
  }
  return cells;
}

/** The bytes of heap that a policy over a million origins keeps, its list included; runs under `--expose-gc`. */
export function heapOf(what: string | undefined, kind: string | undefined): number {
  if (globalThis.gc === undefined) throw new Error("Run node with --expose-gc.");
  const make = what === "set" ? (list: string[]) => new Set(list) : (list: string[]) => createPolicy({ origins: list });
  let kept: unknown = make(entries("exact", 10));
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  kept = make(entries(kind === "wildcard" ? "wildcard" : "exact", largest));
  globalThis.gc();
  const after = process.memoryUsage().heapUsed;
  return kept === undefined ? Number.NaN : after - before;
}
