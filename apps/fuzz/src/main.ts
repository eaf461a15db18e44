import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fuzzAdapter, type FuzzFailure, type FuzzProtocol, type FuzzReplay, replayCase } from "@wsorigin/testing";

/** The servers that are put to the test, each a module beside this one. */
const servers = ["http", "https", "no-upgrades", "h2c", "h2", "express", "koa", "fastify", "fastify-h2"];

const usage = `pnpm fuzz [options]
  --minutes n      how long to run; default 1
  --cases n        how many cases for each server, once, instead of a time
  --seed n         the first seed; default: the time
  --node path      the Node.js binary that runs the servers
  --only protocol  http1 or http2
  --server names   of ${servers.join(", ")}; default: all
  --replay case    runs a printed case again: its JSON, or a file that holds it`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    cases: { type: "string" },
    seed: { type: "string" },
    node: { type: "string" },
    only: { type: "string" },
    server: { type: "string" },
    replay: { type: "string" },
    help: { type: "boolean" },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (values.replay !== undefined) return report(await replayCase(readReplay(values.replay), values.node));
  const only = protocolOf(values.only);
  const chosen = values.server?.split(",") ?? servers;
  for (const name of chosen) {
    if (!servers.includes(name))
      throw new Error(`Unknown server ${JSON.stringify(name)}. Valid servers: ${servers.join(", ")}.`);
  }
  const first = numberOf("seed", values.seed ?? String(Date.now() % 1_000_000_000));
  const end = Date.now() + numberOf("minutes", values.minutes ?? "1") * 60_000;
  const counts = { cases: 0, decisions: 0, unclear: 0 };
  // Each server gets a seed of its own, and with it settings of its own.
  for (let seed = first; ;) {
    for (const name of chosen) {
      const cases = values.cases === undefined ? 500 : numberOf("cases", values.cases);
      const node = values.node === undefined ? {} : { node: values.node };
      const result = await fuzzAdapter({
        program: programOf(name),
        seed,
        cases,
        ...node,
        ...(only !== undefined && { only }),
      });
      counts.cases += result.cases;
      counts.decisions += result.decisions;
      counts.unclear += result.unclear.length;
      for (const each of result.unclear) report(each, "Not clear, since the machine was too busy");
      if (result.failure !== undefined) return report(result.failure);
      console.log(
        `${name}, seed ${seed}: ${result.cases} cases, ${result.decisions} decisions (${counts.cases} and ${counts.decisions} in all)${slow(counts.unclear)}`,
      );
      seed++;
      if (values.cases === undefined && Date.now() > end) return 0;
    }
    if (values.cases !== undefined) return 0;
  }
}

/** Says how often the machine was too slow to tell. */
function slow(unclear: number): string {
  return unclear === 0 ? "" : `; ${unclear} not clear`;
}

function programOf(name: string): string {
  return fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
}

function protocolOf(text: string | undefined): FuzzProtocol | undefined {
  if (text === undefined || text === "http1" || text === "http2") return text;
  throw new Error(`Unknown protocol ${JSON.stringify(text)}. Valid protocols: http1, http2.`);
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${name} is ${JSON.stringify(text)}. It must be a number.`);
  return value;
}

/** A printed case: `program` may be the name of a server. */
function readReplay(text: string): FuzzReplay {
  const replay: FuzzReplay = JSON.parse(existsSync(text) ? readFileSync(text, "utf8") : text);
  return servers.includes(replay.program) ? { ...replay, program: programOf(replay.program) } : replay;
}

/** Prints a failure. Returns the exit code. */
function report(failure: FuzzFailure | undefined, what = "A difference"): number {
  if (failure === undefined) {
    console.log("No difference.");
    return 0;
  }
  const { program, seed, settings, case: found, problems, expected, got } = failure;
  const name = servers.find((each) => program.endsWith(`/${each}.js`)) ?? program;
  console.error(`${what}, on the server ${name}, seed ${seed}:`);
  for (const problem of problems) console.error(`  ${problem}`);
  for (const each of expected) console.error(`  expected: ${each}`);
  for (const each of got) console.error(`  got:      ${each}`);
  if (found !== undefined)
    console.error(`replay: pnpm fuzz --replay '${JSON.stringify({ program: name, seed, settings, case: found })}'`);
  return 1;
}
