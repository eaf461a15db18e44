import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./program.ts";
import { root } from "./workspace.ts";

/** Packages and apps whose tests open sockets, and those that these are made of. */
export const projects: readonly string[] = [
  "core",
  "jwt",
  "node",
  "express",
  "koa",
  "fastify",
  "testing",
  "tickets",
  "client",
  "conformance",
  "alone",
];

export interface SuiteOptions {
  /** The program that runs vitest. */
  readonly node: string;
  readonly projects: readonly string[];
  /** Parts of the names of test files; all of them by default. */
  readonly files?: readonly string[];
  /** Whether the files run too that `pnpm test` leaves out to stay short. Defaults to `false`. */
  readonly long?: boolean;
  /** The workspace; this one by default. */
  readonly folder?: string;
}

/** Runs tests on a runtime, and says how many passed. Returns whether all did. */
export async function runSuite(name: string, options: SuiteOptions): Promise<boolean> {
  const { node, folder = root, files = [], long = false } = options;
  const scratch = await mkdtemp(join(tmpdir(), "wsorigin-runtimes-"));
  const report = join(scratch, "vitest.json");
  const args = [
    join(folder, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=dot",
    // What differs between versions differs each time. What a busy machine delays is for `pnpm test` to find, which repeats nothing.
    "--retry=1",
    // What passes prints what the tests provoke.
    "--silent=passed-only",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...options.projects.flatMap((project) => ["--project", project]),
    ...files,
  ];
  const started = Date.now();
  try {
    const code = await run(node, args, { cwd: folder, env: { BROWSERS: "none", ...(long && { LONG: "1" }) } });
    const { numPassedTests = 0, numFailedTests = 0 } = JSON.parse(await readFile(report, "utf8").catch(() => "{}"));
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`\n${name}: ${numPassedTests} passed, ${numFailedTests} failed, in ${seconds} s\n`);
    return code === 0 && numPassedTests > 0;
  } finally {
    await rm(scratch, { recursive: true });
  }
}
