import { createHook } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import { type HeapProfiler, Session } from "node:inspector/promises";
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import { type Counts, handshakes, type Raw } from "./allocation.ts";
import { requestBytes } from "./client.ts";
import { MemoryConnection } from "./connection.ts";
import { listed, makeServer, serverNames, unlisted } from "./servers.ts";
import { median } from "./stats.ts";
import { count } from "./table.ts";

/** The event loop's turns that a handshake gets, answered or not: the same for every server. */
const turns = 6;

/** What a handshake allocates in this process, which runs with the flags of `allocation.ts`. */
export async function allocationOf(name: string | undefined, outcome: string | undefined): Promise<Raw> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Run node with --expose-gc.");
  const subject = new Subject(name, outcome);
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

/**
 * The functions that allocate, by the bytes of one handshake: the nearest function of a package that was on the stack, and the one that allocated. The
 * profiler samples, so its sum is a little less than what `allocationOf` measures.
 */
export async function profileOf(name: string | undefined, outcome: string | undefined): Promise<string> {
  const subject = new Subject(name, outcome);
  await subject.open(handshakes);
  await subject.closeAll();
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 8,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await subject.open(handshakes);
  const { profile } = await session.post("HeapProfiler.stopSampling");
  const sizes = new Map<string, number>();
  collect(profile.head, "node", sizes);
  return [...sizes]
    .map(([key, size]) => [key, size / handshakes] as const)
    .filter(([key, size]) => size >= 8 && !key.startsWith("harness"))
    .toSorted(([, one], [, other]) => other - one)
    .map(([key, size]) => `${count(Math.round(size)).padStart(7)}  ${key}\n`)
    .join("");
}

function collect(
  { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
  owner: string,
  sizes: Map<string, number>,
): void {
  const { functionName, url, lineNumber } = callFrame;
  const here = `${functionName === "" ? "(anonymous)" : functionName} ${url.replace(/^.*\/(?:node_modules|packages)\//, "")}:${lineNumber + 1}`;
  const harness = /apps\/bench\/dist\/(?!servers)/.test(url);
  const now = harness ? "harness" : url.startsWith("file:") ? here : owner === "harness" ? "node" : owner;
  if (selfSize > 0) {
    const key = now === here ? now : `${now} > ${here}`;
    sizes.set(key, (sizes.get(key) ?? 0) + selfSize);
  }
  for (const child of children) collect(child, now, sizes);
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

  constructor(name: string | undefined, outcome: string | undefined) {
    const plain = serverNames.find((each) => each === name);
    this.#server = plain === undefined ? withoutCheck() : makeServer(plain);
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

async function turn(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await new Promise(setImmediate);
}
