import { type FuzzCase, makeCase } from "./case.ts";
import { Random } from "./random.ts";
import { type Difference, type Round, runRound } from "./round.ts";
import { ServerProcess } from "./server/process.ts";
import type { FuzzProtocol } from "./server/record.ts";
import { type FuzzSettings, makeSettings } from "./settings.ts";
import { shrink } from "./shrink.ts";

export interface FuzzOptions {
  /** The path of a JavaScript module that exports `start`, an `AdapterStart`. It runs in a process of its own. */
  readonly program: string;
  /** The same seed gives the same cases. */
  readonly seed: number;
  /** How many servers to start, one after the other, each set up differently. Default 1. */
  readonly servers?: number;
  /** How many cases for each server. Default 2000. */
  readonly cases?: number;
  /** The Node.js binary that runs the server. Default: this process's own. */
  readonly node?: string;
  /** Only these cases, where the server speaks both protocols. */
  readonly only?: FuzzProtocol;
  /** Called after every round, with the number of cases so far. */
  readonly onProgress?: (cases: number) => void;
}

/** A failed case, with everything that `replayCase` needs. */
export interface FuzzFailure {
  readonly program: string;
  readonly seed: number;
  readonly settings: FuzzSettings;
  /** The shortest case that still fails; `undefined` where the failure could not be assigned to one case. */
  readonly case: FuzzCase | undefined;
  readonly problems: readonly string[];
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

export interface FuzzReport {
  readonly cases: number;
  readonly decisions: number;
  /** Differences that did not happen again, on a machine so busy that the server stood still: slowness, as far as can be known. */
  readonly unclear: readonly FuzzFailure[];
  readonly failure: FuzzFailure | undefined;
}

/** A case to run again. */
export type FuzzReplay = Pick<FuzzFailure, "program" | "seed" | "settings"> & { readonly case: FuzzCase };

const perRound = 250;

/** Bytes that a server may keep after a round beyond what it kept after the first: noise, not growth with the number of cases. */
const maxGrowth = 24 * 1024 * 1024;

/**
 * Sends mutated handshakes over raw sockets to an adapter's server and compares every outcome with the documented rules: the answer, the
 * reported decisions, what reached the app, and that no connection, process or memory is lost. Stops at the first difference and shortens it.
 */
export async function fuzzAdapter(options: FuzzOptions): Promise<FuzzReport> {
  const { servers = 1 } = options;
  let cases = 0;
  let decisions = 0;
  const unclear: FuzzFailure[] = [];
  for (let index = 0; index < servers; index++) {
    const report = await fuzzServer({ ...options, seed: options.seed + index }, (count) =>
      options.onProgress?.(cases + count),
    );
    cases += report.cases;
    decisions += report.decisions;
    unclear.push(...report.unclear);
    if (report.failure !== undefined) return { cases, decisions, unclear, failure: report.failure };
  }
  return { cases, decisions, unclear, failure: undefined };
}

async function fuzzServer(options: FuzzOptions, onProgress: (cases: number) => void): Promise<FuzzReport> {
  const { program, seed, cases: wanted = 2000, node, only } = options;
  const random = new Random(seed);
  const server = await ServerProcess.start({ program, settings: makeSettings(random) }, node);
  const { settings } = server.ready;
  let cases = 0;
  let decisions = 0;
  const unclear: FuzzFailure[] = [];
  let heap: number | undefined;
  try {
    const protocols = server.ready.speaks.filter((each) => only === undefined || each === only);
    while (cases < wanted && protocols.length > 0) {
      const count = Math.min(perRound, wanted - cases);
      // Each round ends with proper handshakes, which must open.
      const proper = protocols.map((protocol): FuzzCase => ({ protocol, changes: [] }));
      const batch = [...Array.from({ length: count }, () => makeCase(random, random.pick(protocols))), ...proper];
      const round = await runRound(server, batch, settings);
      cases += count;
      decisions += round.decisions;
      const failure = await failureOf(round, batch, { program, seed, settings }, node);
      if (failure?.unclear === true) unclear.push(failure);
      else if (failure !== undefined) return { cases, decisions, unclear, failure };
      const used = (await server.report({ heap: true }))?.heap ?? 0;
      heap ??= used;
      if (used > heap + maxGrowth) {
        const problems = [`the heap grew from ${heap} to ${used} bytes in ${cases} cases`];
        return {
          cases,
          decisions,
          unclear,
          failure: { program, seed, settings, case: undefined, problems, expected: [], got: [] },
        };
      }
      onProgress(cases);
    }
  } finally {
    await server.stop();
  }
  return { cases, decisions, unclear, failure: undefined };
}

/** Finds the case behind a failed round, alone on a server of its own, and shortens it. */
async function failureOf(
  round: Round,
  batch: readonly FuzzCase[],
  about: Pick<FuzzFailure, "program" | "seed" | "settings">,
  node: string | undefined,
): Promise<(FuzzFailure & { readonly unclear?: boolean }) | undefined> {
  const [first] = round.differences;
  if (first === undefined && round.faults.length === 0) return undefined;
  const suspects = round.differences.length > 0 ? round.differences.slice(0, 5).map((each) => each.case) : batch;
  const alone = new Alone(about, node);
  try {
    for (const suspect of suspects) {
      if ((await alone.run(suspect)) === undefined) continue;
      const shortest = await shrink(suspect, async (shorter) => (await alone.run(shorter)) !== undefined);
      const found = (await alone.run(shortest)) ?? (await alone.run(shortest));
      if (found !== undefined) return { ...about, ...found, case: shortest };
    }
  } finally {
    await alone.stop();
  }
  // It needs the company of other cases, or a race that did not happen again.
  const problems = [...round.faults, ...(first?.problems ?? []), "it did not happen again with the case alone"];
  const { case: found, expected = [], got = [] } = first ?? {};
  return { ...about, case: found, problems, expected, got, unclear: round.stalled && round.faults.length === 0 };
}

/** Runs one case again. Returns what went wrong, or `undefined`. */
export async function replayCase(replay: FuzzReplay, node?: string): Promise<FuzzFailure | undefined> {
  const alone = new Alone(replay, node);
  try {
    const found = await alone.run(replay.case);
    return found === undefined ? undefined : { ...replay, ...found };
  } finally {
    await alone.stop();
  }
}

/** A server for one case at a time; started anew when a case ended it. */
class Alone {
  readonly #about: Pick<FuzzFailure, "program" | "settings">;
  readonly #node: string | undefined;
  #server: ServerProcess | undefined;

  constructor(about: Pick<FuzzFailure, "program" | "settings">, node: string | undefined) {
    this.#about = about;
    this.#node = node;
  }

  async run(fuzzCase: FuzzCase): Promise<Omit<Difference, "case"> | undefined> {
    const { program, settings } = this.#about;
    if (this.#server?.alive !== true) this.#server = await ServerProcess.start({ program, settings }, this.#node);
    const { differences, faults } = await runRound(this.#server, [fuzzCase], settings);
    const [difference] = differences;
    if (difference === undefined && faults.length === 0) return undefined;
    // A leaked connection would be blamed on the next case.
    await this.stop();
    const { problems = [], expected = [], got = [] } = difference ?? {};
    return { problems: [...problems, ...faults], expected, got };
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }
}
