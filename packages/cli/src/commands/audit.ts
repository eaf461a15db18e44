import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { auditFiles } from "../audit/audit.ts";
import { rules } from "../audit/rules.ts";
import { walk, type Walked } from "../source/walk.ts";
import { CannotRun, type Command, UsageError } from "../command.ts";
import { readOwn } from "../options.ts";

const usage = `wsorigin audit [dir]

Reads the JavaScript and TypeScript sources in a folder (default: the current one) and says which sockets open for pages of every origin, which
checks let others in than they mean to, and what to write instead. Nothing is run, and nothing leaves the machine.

Looks at ws, express-ws, @fastify/websocket, koa-websocket, koa-easy-ws, Socket.IO, graphql-ws, NestJS gateways, websocket, faye-websocket and
uWebSockets.js, at CORS middleware beside them, and at clients that open sockets. Installed, built and minified files are left out, and so are tests.

Options:
  --ignore <id>[,<id>]  rules not to ask about, such as WSO206; may be given more than once

To ignore one finding, write on its line or the line above why:
  // wsorigin-ignore WSO206: listens on a private network only
`;

export const audit: Command = {
  name: "audit",
  summary: "finds sockets that open for every origin, and checks that can be got around, in a project's sources",
  usage,
  rules: Object.values(rules),
  async run(args, { cwd, progress, signal }) {
    const { dir, ignored } = read(args);
    const folder = resolve(cwd, dir);
    await mustBeFolder(folder, dir);
    try {
      const walked = await readFolder(folder, dir, signal);
      progress(`Looking into ${walked.files.length} files`);
      const audited = await auditFiles(walked, { ignored, goOn: breathing(signal) });
      return { report: { command: "audit", target: dir, ...audited } };
    } catch (error) {
      if (signal.aborted) throw new CannotRun("Stopped before the end.", { cause: error });
      throw error;
    }
  },
};

async function readFolder(folder: string, dir: string, signal: AbortSignal): Promise<Walked> {
  try {
    return await walk(folder, signal);
  } catch (error) {
    throw new CannotRun(`${JSON.stringify(dir)} cannot be read.`, { cause: error });
  }
}

/** Lets others have their turn now and then: an abort among them. */
function breathing(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > 50) {
      await setImmediate();
      last = performance.now();
    }
    signal.throwIfAborted();
  };
}

async function mustBeFolder(folder: string, dir: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new CannotRun(`There is no folder ${JSON.stringify(dir)}.`);
  if (!found.isDirectory()) throw new CannotRun(`${JSON.stringify(dir)} is no folder: name the one that it is in.`);
}

function read(args: readonly string[]): { readonly dir: string; readonly ignored: ReadonlySet<string> } {
  const { values, positionals } = readOwn({
    args: [...args],
    options: { ignore: { type: "string", multiple: true } },
    allowPositionals: true,
  });
  const [dir = ".", ...more] = positionals;
  if (more.length > 0) throw new UsageError(`One folder at a time: wsorigin audit ${dir}`);
  if (dir === "") throw new UsageError("The folder has no name: write wsorigin audit . for the current one.");
  const ids = (values.ignore ?? []).flatMap((value) => value.split(",")).map((id) => id.trim().toUpperCase());
  const known = new Set(Object.values(rules).map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new UsageError(
      `--ignore: there is no rule ${JSON.stringify(unknown)} in audit. Write ids such as --ignore WSO206,WSO208.`,
    );
  return { dir, ignored: new Set(ids) };
}
