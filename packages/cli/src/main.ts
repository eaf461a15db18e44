#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { runCli } from "./cli.ts";

const controller = new AbortController();
const interrupt = (): void => controller.abort(new Error("Interrupted."));
process.once("SIGINT", interrupt);
process.once("SIGTERM", interrupt);

const { stdout, stderr, stdin, env } = process;
// A reader that has read enough (`| head`) is no failure of ours.
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => void stdout.write(line),
  err: (line) => void stderr.write(line),
  stdin: () => text(stdin),
  env,
  isTTY: stdout.isTTY === true,
  // Somebody watches, so progress is of use.
  showsProgress: stderr.isTTY === true,
  columns: stdout.columns ?? 100,
  cwd: process.cwd(),
  signal: controller.signal,
});
