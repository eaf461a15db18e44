import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Difference, differences } from "./differences.ts";
import { fetchProblems } from "./fetch.ts";
import { type Runtime, runtimes } from "./install.ts";
import { run } from "./program.ts";
import type { SmokeReport } from "./report.ts";
import { root } from "./workspace.ts";

const program = resolve(root, "apps/runtimes/smoke/main.ts");

/** How each runtime starts a program. The packages are those that pnpm has linked. */
const argumentsOf = { bun: ["run"], deno: ["run", "--allow-all", "--node-modules-dir=manual"] } as const;

/** The suites of the adapters on Bun and Deno. Returns whether they found what is known, and nothing else. */
export async function runSmoke(): Promise<boolean> {
  const chosen = await runtimes(["bun", "deno"]);
  // Side by side, because they mostly wait.
  const problems = await Promise.all(chosen.map(problemsOn));
  return problems.flat().length === 0;
}

async function problemsOn({ kind, version, program: binary }: Runtime): Promise<readonly string[]> {
  if (kind === "node") throw new Error("Node.js runs the whole suite.");
  const known = differences[kind];
  const scratch = await mkdtemp(join(tmpdir(), "wsorigin-smoke-"));
  const file = join(scratch, "report.json");
  try {
    const names = JSON.stringify(known.map(({ row }) => row));
    // The frameworks print what the tests provoke, and that is all that is printed.
    const code = await run(binary, [...argumentsOf[kind], program, file, names], { stdio: "ignore" });
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (code !== 0 || text === undefined)
      throw new Error(
        `${kind} ${version} ended with ${code}. Run it yourself: ${binary} ${argumentsOf[kind].join(" ")} ${program}`,
      );
    const reports: readonly SmokeReport[] = JSON.parse(text);
    const fetched = await fetchProblems(kind, binary, argumentsOf[kind]);
    const problems = [
      ...reports.flatMap((report) => problemsOf(report, known)),
      ...fetched.problems.map((problem) => `  FAILED @wsorigin/fetch > ${problem}`),
    ];
    const lines = [
      ...reports.map((report) => lineOf(report, known)),
      `  @wsorigin/fetch: the corpus, ${fetched.rows} handshakes`,
    ];
    console.log([`${kind} ${version}`, ...lines, ...problems, ""].join("\n"));
    return problems;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function lineOf({ suite, rows, failures }: SmokeReport, known: readonly Difference[]): string {
  const passed = rows - Object.keys(failures).length;
  const different = known.filter(({ suites }) => suites.includes(suite)).length;
  return `  ${suite}: ${passed} of ${rows} passed${different === 0 ? "" : `, ${different} known to differ`}`;
}

/** What a report says that is not known, and what is known that it does not say. */
export function problemsOf({ suite, failures }: SmokeReport, known: readonly Difference[]): readonly string[] {
  const here = new Set(known.filter(({ suites }) => suites.includes(suite)).map(({ row }) => row));
  const failed = Object.entries(failures);
  return [
    ...failed
      .filter(([row]) => !here.has(row))
      .map(([row, error]) => `  FAILED ${suite} > ${row}\n    ${error.replaceAll("\n", "\n    ")}`),
    ...[...here]
      .filter((row) => failures[row] === undefined)
      .map((row) => `  PASSES NOW: ${suite} > ${row}\n    Remove it from apps/runtimes/src/differences.ts.`),
  ];
}
