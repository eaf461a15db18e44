import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPolicy, grant, guard, queryParam, type Revocation } from "@wsorigin/node";
import { requestBytes } from "./client.ts";
import { MemoryConnection } from "./connection.ts";
import { echo, ignore, listed, path } from "./servers.ts";
import { median } from "./stats.ts";

/** Which subjects a burst of revocations names: none with a socket on this server, or 500 of those that have one. */
const about = ["absent", "present"] as const;
type About = (typeof about)[number];

export interface StormCell {
  readonly about: About;
  /** How many sockets are open. */
  readonly open: number;
  readonly revocations: number;
  /** Processor time that keeps the event loop busy with all of them, in milliseconds: the median of the runs. */
  readonly milliseconds: number;
  /** How many functions of wsorigin are called: the same in every run. */
  readonly calls: number;
  readonly closed: number;
}

export interface StormReport {
  readonly storms: readonly StormCell[];
}

const revocations = 500;
const sizes = [500, 4000] as const;

/**
 * Revokes 500 grants at once, over 500 and over 4,000 open sockets; each run in a process of its own.
 *
 * @param runs how many runs are timed, beside the one whose calls are counted
 */
export async function measureStorm(runs: number, progress: (text: string) => void = () => {}): Promise<StormReport> {
  const storms: StormCell[] = [];
  for (const open of sizes) {
    progress(`500 revocations over ${open} sockets`);
    const counted = await runApart(open, "count");
    const timed: Raw[][] = [];
    for (let run = 0; run < runs; run++) timed.push(await runApart(open, "time"));
    for (const [index, { calls, closed }] of counted.entries()) {
      const milliseconds = median(timed.map((run) => run[index]?.milliseconds ?? Number.NaN));
      storms.push({ about: about[index] ?? "absent", open, revocations, milliseconds, calls, closed });
    }
  }
  return { storms };
}

interface Raw {
  readonly milliseconds: number;
  readonly calls: number;
  readonly closed: number;
}

async function runApart(open: number, what: "count" | "time"): Promise<Raw[]> {
  const program = fileURLToPath(new URL("main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, "revoke", String(open), what]);
  return JSON.parse(stdout);
}

/** What runs in the child, for each of `about`: connections in memory, so that no system call is part of it. */
export async function stormOf(open: number, counted: boolean): Promise<Raw[]> {
  let revoke: (revocation: Revocation) => void = ignore;
  const server = createServer();
  let closed = 0;
  const gate = guard<string>(server, {
    policy: createPolicy({
      origins: [listed],
      token: { from: [queryParam("ticket")], verify: (token) => grant({ principal: token, id: token }) },
    }),
    log: false,
    revocations: {
      subscribe(listener) {
        revoke = listener;
        return ignore;
      },
    },
  });
  gate.route(path, (socket) => {
    const close = socket.close.bind(socket);
    socket.close = (...args) => {
      closed++;
      close(...args);
    };
    echo(socket);
  });
  for (let index = 0; index < open; index++) {
    const connection = new MemoryConnection();
    server.emit("connection", connection);
    connection.push(requestBytes(listed, `ticket=present-${index}`));
    if (index % 100 === 99) await turn();
  }
  await turn();
  if (gate.connections.size !== open) throw new Error(`${gate.connections.size} of ${open} sockets are open.`);

  const session = new Session();
  if (counted) {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    // What was called before does not count.
    await session.post("Profiler.takePreciseCoverage");
  }
  const results: Raw[] = [];
  for (const whom of about) {
    closed = 0;
    const before = process.cpuUsage();
    for (let index = 0; index < revocations; index++) revoke({ id: `${whom}-${index}` });
    await turn();
    const { user, system } = process.cpuUsage(before);
    results.push({ milliseconds: (user + system) / 1000, calls: counted ? await callsOf(session) : 0, closed });
  }
  return results;
}

async function callsOf(session: Session): Promise<number> {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  return result
    .filter(({ url }) => /\/packages\/(?:core|node)\/dist\//.test(url))
    .flatMap(({ functions }) => functions.map(({ ranges: [range] }) => range?.count ?? 0))
    .reduce((sum, calls) => sum + calls, 0);
}

/** Once everything that waits has had its turn. */
async function turn(): Promise<void> {
  for (let index = 0; index < 3; index++) await new Promise(setImmediate);
}
