import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs a command of the built benchmark and returns its report. */
export async function measure<Report>(command: string, ...options: readonly string[]): Promise<Report> {
  if (!existsSync(program)) throw new Error("The benchmark is not built. Run: pnpm build");
  const { stdout } = await promisify(execFile)(process.execPath, [program, command, ...options, "--json"], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout);
}
