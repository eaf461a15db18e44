import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { differences, type Outcomes, readReport } from "./report.ts";

const usage = `pnpm peers <checkout> -- <command>
  Runs the tests of another library twice, without a gate and with a permissive one in front of every HTTP server, and lists the differences.
  checkout   the folder of the library, with its packages installed
  command    what runs its tests there and prints a JSON report, such as: npx mocha --reporter json test/*.test.js`;

/** With `--import`, Node would load a program's main file as a module too, which fails for some. */
const preload = fileURLToPath(new URL("preload.js", import.meta.url));

process.exitCode = await main(process.argv.slice(2).filter((word, index) => word !== "--" || index > 1));

async function main([checkout, ...words]: readonly string[]): Promise<number> {
  const command = words[0] === "--" ? words.slice(1) : words;
  if (checkout === undefined || command.length === 0) {
    console.log(usage);
    return 2;
  }
  const scratch = await mkdtemp(join(tmpdir(), "wsorigin-peers-"));
  const refusals = join(scratch, "refusals");
  try {
    const bare = await run(checkout, command, {});
    const gated = await run(checkout, command, {
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --require=${JSON.stringify(preload)}`,
      PEERS_REFUSALS: refusals,
    });
    const lines = differences(bare, gated);
    console.log(
      `${passed(bare)} of ${bare.size} tests passed without a gate, ${passed(gated)} of ${gated.size} with one.`,
    );
    for (const line of lines) console.log(line);
    for (const [code, count] of await refusalsIn(refusals)) console.log(`The gate refused ${count}: ${code}`);
    return lines.length === 0 ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(cwd: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcomes> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  return readReport(printed);
}

function passed(outcomes: Outcomes): number {
  return [...outcomes.values()].filter((outcome) => outcome === "passed").length;
}

/** Counts the refusals by code. Anything else in the file is an error of the gate. */
async function refusalsIn(file: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const lines = existsSync(file) ? (await readFile(file, "utf8")).trimEnd().split("\n") : [];
  for (const line of lines) {
    const code = /"code":"([^"]+)"/.exec(line)?.[1] ?? line;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}
