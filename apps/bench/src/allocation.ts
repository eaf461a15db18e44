import { execFile } from "node:child_process";
import { createHook } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import { PerformanceObserver } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getHeapSpaceStatistics } from "node:v8";
import { requestBytes } from "./client.ts";
import { MemoryConnection } from "./connection.ts";
import { listed, makeServer, type ServerName, serverNames, unlisted } from "./servers.ts";
import { median } from "./stats.ts";

export type Outcome = "accepted" | "refused";

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
interface Raw {
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

/** The event loop's turns that a handshake gets, answered or not: the same for every server. */
const turns = 6;

const handshakes = 200;

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
  const program = fileURLToPath(new URL("main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, "allocate", server, outcome]);
  return JSON.parse(stdout);
}

/** What runs in the child. */
export async function allocationOf(name: string | undefined, outcome: string | undefined): Promise<Raw> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Run node with --expose-gc.");
  const plain = serverNames.find((each) => each === name);
  const subject = new Subject(plain === undefined ? withoutCheck() : makeServer(plain), name, outcome);
  // Until code, feedback and caches are there.
  await subject.open(handshakes);
  const collections: number[] = [];
  new PerformanceObserver((list) =>
    collections.push(...list.getEntries().map(({ startTime, duration }) => startTime + duration)),
  ).observe({ entryTypes: ["gc"] });
  const rounds: number[] = [];
  const spans: { readonly from: number; readonly to: number }[] = [];
  for (let round = 0; round < 5; round++) {
    await subject.closeAll();
    gc();
    await turn(turns);
    const from = performance.now();
    const before = allocated();
    await subject.open(handshakes);
    rounds.push((allocated() - before) / handshakes);
    spans.push({ from, to: performance.now() });
  }
  await turn(turns);
  if (collections.some((at) => spans.some(({ from, to }) => at > from && at < to)))
    throw new Error("Memory was collected while it was measured.");
  return { bytes: median(rounds), counts: await subject.count() };
}

/**
 * What is allocated in the young generation and as large objects. Not in the old generation: it grows in steps, by what the engine keeps for
 * itself.
 */
function allocated(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => name === "new_space" || name.endsWith("large_object_space"))
    .reduce((sum, { space_used_size: size }) => sum + size, 0);
}

/** Reads the headers, as every check does, and answers nothing: what is left is Node's own work and the harness's. */
function withoutCheck(): Server {
  return createServer().on("upgrade", (request) => void request.headers.origin);
}

class Subject {
  readonly #server: Server;
  readonly #request: Buffer;
  readonly #status: string;
  #connections: MemoryConnection[] = [];

  constructor(server: Server, name: string | undefined, outcome: string | undefined) {
    this.#server = server;
    this.#request = requestBytes(outcome === "accepted" ? listed : unlisted);
    const answer = outcome === "accepted" ? "101" : name === "verify-client" ? "401" : "403";
    this.#status = name === "none" ? "" : answer;
  }

  async open(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const connection = new MemoryConnection();
      this.#connections.push(connection);
      this.#server.emit("connection", connection);
      connection.push(this.#request);
      await turn(turns);
    }
  }

  /** Outside of what is measured: checks the answers, too. */
  async closeAll(): Promise<void> {
    for (const connection of this.#connections) {
      const { status } = connection;
      if (status !== this.#status)
        throw new Error(`A handshake was answered with ${JSON.stringify(status)}. Expected: ${this.#status}.`);
      connection.destroy();
    }
    this.#connections = [];
    await turn(turns);
  }

  async count(): Promise<Counts> {
    await this.closeAll();
    const counters = countCreated();
    await this.open(handshakes);
    const created = counters();
    const addresses = this.#connections.reduce((sum, { addressesRead }) => sum + addressesRead, 0);
    return { ...created, addresses };
  }
}

/** Starts counting; the process is of no other use afterwards. */
function countCreated(): () => Omit<Counts, "addresses"> {
  let [promises, timers, aborts, listeners] = [0, 0, 0, 0];
  createHook({
    init(_id, type) {
      if (type === "PROMISE") promises++;
      else if (type === "Timeout" || type === "Immediate") timers++;
    },
  }).enable();
  for (const name of ["on", "addListener", "prependListener"] as const) {
    const original = EventEmitter.prototype[name];
    EventEmitter.prototype[name] = function add(...args) {
      listeners++;
      return Reflect.apply(original, this, args);
    };
  }
  globalThis.AbortController = new Proxy(AbortController, {
    construct(target, args) {
      aborts++;
      return Reflect.construct(target, args);
    },
  });
  for (const name of ["any", "timeout", "abort"] as const) {
    const original = AbortSignal[name];
    Reflect.set(AbortSignal, name, (...args: unknown[]): unknown => {
      aborts++;
      return Reflect.apply(original, AbortSignal, args);
    });
  }
  return () => ({ promises, timers, aborts, listeners });
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

async function turn(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await new Promise(setImmediate);
}
