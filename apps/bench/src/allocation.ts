import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ServerName, serverNames } from "./servers.ts";

export type Outcome = "accepted" | "refused";

/** How many handshakes are measured at a time. */
export const handshakes = 200;

/** What one handshake makes the server create and ask for, beyond what Node does for every upgrade. */
export interface Counts {
  readonly promises: number;
  /** Timeouts, intervals and immediates. */
  readonly timers: number;
  /** Abort controllers and signals. */
  readonly aborts: number;
  readonly listeners: number;
  /** Reads of the peer's address. */
  readonly addresses: number;
}

/** What one handshake allocates. */
export interface AllocationCell {
  readonly server: ServerName;
  readonly outcome: Outcome;
  /** Bytes on the JavaScript heap for each handshake, until it is answered, beyond what Node itself allocates. */
  readonly bytes: number;
  /** Bytes of this server for each byte of the check by hand (the `upgrade` listener). */
  readonly ofListener: number;
  readonly counts: Counts;
}

export interface AllocationReport {
  readonly allocations: readonly AllocationCell[];
}

/** What a process of its own measured: Node's share is part of it. */
export interface Raw {
  /** For each handshake. */
  readonly bytes: number;
  /** For all `handshakes`. */
  readonly counts: Counts;
}

/**
 * Makes allocation repeatable: no compiler that drops objects or adds code to the heap, no thread beside the main one, and a young generation that
 * holds a whole round, so that nothing is collected while it is measured.
 */
const flags = [
  "--expose-gc",
  "--single-threaded",
  "--no-opt",
  "--no-sparkplug",
  "--no-maglev",
  "--no-flush-bytecode",
  "--no-allocation-site-pretenuring",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
];

/** Measures every server, each outcome in a process of its own. */
export async function measureAllocation(
  servers: readonly ServerName[] = serverNames,
  progress: (text: string) => void = () => {},
): Promise<AllocationReport> {
  const allocations: AllocationCell[] = [];
  for (const outcome of ["accepted", "refused"] as const) {
    progress(`bytes of a handshake that is ${outcome}`);
    const node = await measureApart("none", outcome);
    const listener = await measureApart("listener", outcome);
    for (const server of servers) {
      // Bare ws refuses nothing.
      if (server === "bare" && outcome === "refused") continue;
      const raw = server === "listener" ? listener : await measureApart(server, outcome);
      allocations.push({
        server,
        outcome,
        bytes: raw.bytes - node.bytes,
        ofListener: (raw.bytes - node.bytes) / (listener.bytes - node.bytes),
        counts: countsEach(raw.counts, node.counts),
      });
    }
  }
  return { allocations };
}

async function measureApart(server: ServerName | "none", outcome: Outcome): Promise<Raw> {
  return JSON.parse(await runApart(["allocate", server, outcome]));
}

/** Where the bytes of a handshake come from, as a text: see `profileOf`. */
export function profileAllocation(server = "guard", outcome = "accepted"): Promise<string> {
  return runApart(["profile", server, outcome]);
}

async function runApart(args: readonly string[]): Promise<string> {
  const program = fileURLToPath(new URL("main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, ...args]);
  return stdout;
}

/** For each handshake, beyond the base. */
function countsEach(counts: Counts, base: Counts): Counts {
  const each = (name: keyof Counts): number => (counts[name] - base[name]) / handshakes;
  return {
    promises: each("promises"),
    timers: each("timers"),
    aborts: each("aborts"),
    listeners: each("listeners"),
    addresses: each("addresses"),
  };
}
