#!/usr/bin/env node
import { runCli } from "./cli.ts";
import { Interrupted } from "./command.ts";

const controller = new AbortController();
const { stdout, env } = process;
let whenDone = (): void => {};
// A reader that has read enough (`| head`) is no failure of ours.
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => void stdout.write(line),
  err: (line) => void process.stderr.write(line),
  async stdin() {
    const { text } = await import("node:stream/consumers");
    // A terminal that nobody types into would keep the program from ending.
    whenDone = () => void process.stdin.destroy();
    return text(process.stdin);
  },
  env,
  isTTY: stdout.isTTY === true,
  // Somebody watches, so progress is of use. Asked late, because it opens the stream.
  get showsProgress() {
    return process.stderr.isTTY === true;
  },
  columns: stdout.columns ?? 100,
  get progressColumns() {
    return process.stderr.columns ?? 80;
  },
  cwd: process.cwd(),
  signal: controller.signal,
  hearSignals() {
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.once(name, () => controller.abort(new Interrupted(name)));
  },
});
whenDone();
