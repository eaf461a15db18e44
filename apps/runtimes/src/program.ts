import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "./workspace.ts";

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output goes; to the terminal by default. */
  readonly stdio?: "inherit" | "ignore";
}

/** Runs a program to its end. Returns its exit code, or the name of the signal that ended it. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd = root, env = {}, stdio = "inherit" }: ProgramOptions = {},
): Promise<number | string> {
  const child = spawn(program, args, { cwd, stdio, env: { ...process.env, ...env } });
  const [code, signal] = await once(child, "exit");
  return code ?? signal;
}

/** Runs a program that must succeed. */
export async function mustRun(program: string, args: readonly string[], options?: ProgramOptions): Promise<void> {
  const code = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}.`);
}
