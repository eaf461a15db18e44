import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CannotRun, type Command, UsageError } from "../command.ts";
import { applyChanges } from "../change/apply.ts";
import { planOf } from "../init/plan.ts";
import { planData, planText } from "../init/print.ts";
import { readOwn } from "../options.ts";
import { version } from "../version.ts";

const usage = `wsorigin init [dir] [--write] [--force]

Puts a gate in front of the WebSockets of a project. Reads package.json and the sources in the folder (default: the current one): the framework, the
sockets, the CORS list, the port of the development server. Prints what it found, the change as a diff, and what remains for you. Your listeners stay as
they are. It also writes a test for your test runner, with @wsorigin/testing. Nothing is run or installed, and nothing leaves the machine.

Knows servers of Express, Fastify, Koa, Next.js, NestJS and node:http with ws, Socket.IO, express-ws, koa-websocket, koa-easy-ws, @fastify/websocket,
graphql-ws, websocket, or an upgrade listener of your own. If it does not understand how they are put together, it changes nothing, and names the guide.

Options:
  --write   applies exactly the printed diff, all files or none. Refuses if one of them has changes that are not committed
  --force   with --write: also if they have

--json prints the plan (schema/init.v1.json). Exit code: 0 there is a diff, or nothing to do, or it was written; 2 it could not be tried or written;
3 the project was not understood.
`;

/** The project was not understood: no other outcome has this exit code. */
const notUnderstood = 3;

export const init: Command = {
  name: "init",
  usage,
  rules: [],
  formats: () => ["text", "json"],
  async run(args, { cwd, signal }) {
    const { dir, write, force } = read(args);
    const folder = resolve(cwd, dir);
    await mustBeFolder(folder, dir);
    const plan = await planOf(folder, version, signal);
    const written = write && plan.status === "changes";
    if (written) await applyChanges(folder, plan.changes, force, "wsorigin init");
    return {
      paint: (color) => planText(dir, plan, written, color),
      data: planData(dir, plan, written, version),
      exitCode: plan.status === "not-understood" ? notUnderstood : 0,
    };
  },
};

async function mustBeFolder(folder: string, dir: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new CannotRun(`There is no folder ${JSON.stringify(dir)}.`);
  if (!found.isDirectory())
    throw new CannotRun(
      `${JSON.stringify(dir)} is not a folder. Write the folder with the package.json of your server.`,
    );
}

function read(args: readonly string[]): { readonly dir: string; readonly write: boolean; readonly force: boolean } {
  const { values, positionals } = readOwn(
    {
      args: [...args],
      allowPositionals: true,
      options: { write: { type: "boolean" }, force: { type: "boolean" } },
    },
    "See wsorigin init --help.",
  );
  const [dir = ".", ...more] = positionals;
  if (more.length > 0) throw new UsageError(`init takes one folder at a time: wsorigin init ${dir}`);
  if (dir === "") throw new UsageError("The folder has no name. Write wsorigin init . for the current one.");
  const { write = false, force = false } = values;
  if (force && !write) throw new UsageError("--force is for --write: wsorigin init --write --force");
  return { dir, write, force };
}
