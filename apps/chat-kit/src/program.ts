import { parseArgs } from "node:util";
import { escapeControls } from "@wsorigin/core";
import { check } from "./check/check.ts";
import { type Attach, start } from "./start.ts";
import { table } from "./check/table.ts";

const usage = `A chat, and a hostile page beside it that tries to take over its socket.

Usage: demo express|fastify|koa [--port <number>] [--unguarded]
       demo express|fastify|koa --check [--unguarded]

  express, fastify, koa
                   which framework the chat is built with
  --port <number>  where the chat listens, 0 to 65534; the hostile page has the next port. Default 3000.
  --unguarded      leave the guard out, to see what it is for
  --check          try every kind of handshake, print what came of each, and exit with 0 if all is as it should be
  --help           print this`;

interface Arguments {
  readonly port: number;
  readonly unguarded: boolean;
  readonly check: boolean;
  readonly help: boolean;
}

/** `--open` reads as "open the browser", so it has another name. */
const renamed = "Unknown option '--open'. Write --unguarded to leave the guard out.";

/** The arguments, or what is wrong with them. */
function readArguments(): Arguments | string {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string" },
        unguarded: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
    const { port = "3000", ...flags } = values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65534)
      return `--port is ${JSON.stringify(port)}; it must be a number from 0 to 65534.`;
    if (flags.check && values.port !== undefined) return "--check takes free ports; leave out --port.";
    return { port: Number(port), ...flags };
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
      return error.message.startsWith("Unknown option '--open'") ? renamed : error.message;
    throw error;
  }
}

/** Clients write part of what is printed, so no text can control the terminal. */
function print(text: string): void {
  process.stdout.write(`${escapeControls(text)}\n`);
}

async function serve(framework: string, attach: Attach, { port, unguarded }: Arguments): Promise<void> {
  const running = await start(attach, { ports: { chat: port, hostile: port === 0 ? 0 : port + 1 }, unguarded, print });
  print(`
  The chat, on ${framework.padEnd(9)} ${running.chatUrl}   open it first and choose a name; a session cookie keeps it
  The hostile page       ${running.hostileUrl}   another origin; it tries to open the chat's socket with your cookie

${
  unguarded
    ? "  The guard is off: the hostile page will read your name and your messages. Without --unguarded it gets nothing."
    : "  The hostile page will get nothing. With --unguarded the guard is off, and the page shows what it gets then."
}
  Every handshake is logged below. Ctrl-C ends it.
`);
  const stop = (): void => {
    // Once: whoever presses Ctrl-C again does not want to wait.
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    print("\n  Closing.");
    void running.close();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

async function checkAll(framework: string, attach: Attach, { unguarded }: Arguments): Promise<void> {
  const rows = await check((given) => start(attach, { ports: { chat: 0, hostile: 0 }, unguarded, ...given }));
  print(table(rows));
  const failures = rows.filter(({ ok }) => !ok).length;
  const what = `${rows.length} rows of the chat on ${framework}`;
  print(failures === 0 ? `\nAll ${what} are as expected.` : `\n${failures} of ${what} are not as expected.`);
  if (failures > 0) process.exitCode = 1;
}

/** The whole program of an app: reads the arguments, then serves until Ctrl-C, or checks. Sets the exit code: 1 for a failure, 2 for bad usage. */
export async function runProgram(framework: string, attach: Attach): Promise<void> {
  const args = readArguments();
  if (typeof args === "string") return badUsage(args);
  if (args.help) return print(usage);
  try {
    await (args.check ? checkAll(framework, attach, args) : serve(framework, attach, args));
  } catch (error) {
    process.stderr.write(`${escapeControls(error instanceof Error ? error.message : String(error))}\n`);
    process.exit(1);
  }
}

/** Says what is wrong with the arguments. */
export function badUsage(problem: string): void {
  process.stderr.write(`${escapeControls(problem)}\nRun with --help for the options.\n`);
  process.exitCode = 2;
}
