import { parseArgs } from "node:util";
import { escapeControls } from "@wsorigin/core";
import { startLab } from "./start.ts";

const usage = `Shows how a policy decides each handshake, and lets you edit the policy.

Usage: demo [lab] [--port <number>]

  --port <number>  where the lab is, 0 to 65533; the app and the hostile pages have the next two ports. Default 3000.
  --help           print this`;

/** The arguments, or what is wrong with them. */
function readArguments(): { readonly port: number; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({
      options: { port: { type: "string" }, help: { type: "boolean", default: false, short: "h" } },
    });
    const { port = "3000", help } = values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65533)
      return `--port is ${JSON.stringify(port)}; it must be a number from 0 to 65533.`;
    return { port: Number(port), help };
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
      return error.message;
    throw error;
  }
}

async function serve(port: number): Promise<void> {
  const lab = await startLab({ port });
  process.stdout.write(`
  The lab            ${lab.url}   open it
  The app in it      ${lab.places.app}   what the policy protects
  The other pages    http://localhost:${lab.places.hostilePort}   and evil.localhost, and other names of this machine

  Every handshake is shown on the page. Ctrl-C ends it.
`);
  const stop = (): void => {
    // Once: whoever presses Ctrl-C again does not want to wait.
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.stdout.write("\n  Closing.\n");
    void lab.close();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

const args = readArguments();
if (typeof args === "string") {
  process.stderr.write(`${escapeControls(args)}\nRun with --help for the options.\n`);
  process.exitCode = 2;
} else if (args.help) process.stdout.write(`${usage}\n`);
else await serve(args.port);
