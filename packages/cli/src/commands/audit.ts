import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { changesFor, isModuleManifest } from "../audit/changes.ts";
import { fixesData, fixesText } from "../audit/print-fixes.ts";
import { applyChanges } from "../change/apply.ts";
import { version } from "../version.ts";
import { type Audited, auditFiles } from "../audit/audit.ts";
import { languageRules, otherLanguages } from "../audit/languages/index.ts";
import { rules } from "../audit/rules.ts";
import { extensions } from "../source/parse.ts";
import { walk, type Walked } from "../source/walk.ts";
import { type Finding, severityOf } from "../finding.ts";
import { CannotRun, type Command, type Outcome, UsageError } from "../command.ts";
import { readOwn } from "../options.ts";
import { pacing } from "../pace.ts";

const usage = `wsorigin audit [dir or file]

Reads the JavaScript, TypeScript, Python and Java sources in a folder (default: the current one), or in one file, and says which sockets open for pages of every origin, which
checks let others in than they mean to, and what to write instead. Nothing is run, and nothing leaves the machine.

Looks at ws, express-ws, @fastify/websocket, koa-websocket, koa-easy-ws, Socket.IO, Engine.IO, SockJS, graphql-ws, NestJS gateways, websocket,
faye-websocket, uWebSockets.js, Hono, Bun, Deno, Workers, Elysia, Nitro, h3, crossws, next-ws and MCP over HTTP, at CORS middleware beside them, at the
use of wsorigin itself, and at clients that open sockets. In Python it looks at the settings and the routing of Django Channels, in Java at Spring's WebSocketConfigurer and
WebSocketMessageBrokerConfigurer and at @ServerEndpoint. Installed, built and minified files are left out, and so are tests.

If the time is over (--timeout) or it is interrupted, it prints what it found until then and what it did not read. Exit code 2 means that the time was over, or that
a source could not be parsed and nothing is wrong in the others.

Options:
  --ignore <id>[,<id>]  rules not to ask about, such as WSO206; may be given more than once
  --fix                 shows as a diff what can be changed automatically: guards, where a file lists its origins; comparisons with fixed texts; a
                        CORS list beside a policy; ws: instead of wss:. Formats: text and json
  --write               with --fix: applies exactly that diff, all files or none. Refuses if one of them has changes that are not committed
  --force               with --write: also if they have

To ignore one finding, write on its line or the line above why:
  // wsorigin-ignore WSO206: listens on a private network only
In Python the comment begins with #.
`;

const allRules = [...Object.values(rules), ...languageRules];

export const audit: Command = {
  name: "audit",
  usage,
  rules: allRules,
  formats: (args) => (args.includes("--fix") ? ["text", "json"] : undefined),
  async run(args, { cwd, progress, signal }) {
    const { dir, ignored, fix, write, force } = read(args);
    const { folder, only } = await placeOf(resolve(cwd, dir), dir);
    const walked = await withFile(await readFolder(folder, dir, signal), folder, only);
    if (walked.files.length === 0) throw new CannotRun(nothingIn(dir, walked));
    progress(`Looking into ${walked.files.length} files`);
    const audited = await auditFiles(walked, {
      ignored,
      goOn: pacing(signal),
      ...(only !== undefined && { only: new Set([only]) }),
    });
    if (fix) return await fixed({ folder, dir, write, force, walked, audited });
    const findings = only === undefined ? audited.findings : audited.findings.map((each) => placedAs(each, dir));
    return { report: { command: "audit", target: dir, ...audited, findings } };
  },
};

interface Fixing {
  readonly folder: string;
  readonly dir: string;
  readonly write: boolean;
  readonly force: boolean;
  readonly walked: Walked;
  readonly audited: Audited;
}

async function fixed({ folder, dir, write, force, walked, audited }: Fixing): Promise<Outcome> {
  if (audited.incomplete === "stopped")
    throw new CannotRun("Not everything was looked into, so nothing is changed. Give it more time with --timeout.");
  const modules = await modulePackages(folder, walked.packages);
  const made = changesFor(audited.found, (file) => modules.has(nearest(file, walked.packages)));
  const fixes = { ...made, left: [...made.left, ...audited.manual] };
  const written = write && fixes.changes.length > 0;
  if (written) await applyChanges(folder, fixes.changes, force, "wsorigin audit --fix");
  return {
    paint: (color) => fixesText(dir, fixes, written, color),
    data: fixesData(dir, fixes, written, version),
    exitCode: fixes.left.some((each) => severityOf(each) === "failure") ? 1 : 0,
  };
}

/** The packages whose `.js` files are ES modules. */
async function modulePackages(folder: string, packages: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const each of packages) {
    const manifest = await readFile(join(folder, each, "package.json"), "utf8").catch(() => "");
    if (isModuleManifest(manifest)) found.add(each);
  }
  return found;
}

function nearest(file: string, packages: readonly string[]): string {
  const around = packages.filter((each) => each === "" || file.startsWith(`${each}/`));
  return around.toSorted((a, b) => b.length - a.length)[0] ?? "";
}

/** With the file that was named, also if it is one of those that are left out, such as tests. */
async function withFile(walked: Walked, folder: string, only: string | undefined): Promise<Walked> {
  if (only === undefined || walked.files.some(({ file }) => file === only)) return walked;
  const source = await readFile(join(folder, only), "utf8").catch((cause: unknown) => {
    throw new CannotRun(`${JSON.stringify(only)} cannot be read.`, { cause });
  });
  return { ...walked, files: [...walked.files, { file: only, source }] };
}

/** A finding in the file that was named, by the name that it was given. */
function placedAs(finding: Finding, file: string): Finding {
  return finding.place === undefined ? finding : { ...finding, place: { ...finding.place, file } };
}

function nothingIn(dir: string, { tests, stoppedAt }: Walked): string {
  if (stoppedAt !== undefined) return "Stopped before anything was read.";
  const where = `There are no JavaScript, TypeScript, Python or Java sources in ${JSON.stringify(dir)}`;
  return tests > 0
    ? `${where} but tests. Name their folder to have them looked at.`
    : `${where}. Name the folder with the server's sources. Installed, built and minified files are left out.`;
}

async function readFolder(folder: string, dir: string, signal: AbortSignal): Promise<Walked> {
  try {
    return await walk(folder, signal, undefined, otherLanguages);
  } catch (error) {
    throw new CannotRun(`${JSON.stringify(dir)} cannot be read.`, { cause: error });
  }
}

/** The folder that is read. For a file it is the one of its package, because a check may stand in another file. */
async function placeOf(path: string, dir: string): Promise<{ readonly folder: string; readonly only?: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CannotRun(`There is no file or folder ${JSON.stringify(dir)}.`);
  if (found.isDirectory()) return { folder: path };
  if (!extensions.test(path) && !otherLanguages.test(path))
    throw new CannotRun(
      `${JSON.stringify(dir)} has no JavaScript, TypeScript, Python or Java in it. Name a source, or a folder.`,
    );
  const folder = await packageOf(dirname(path));
  return { folder, only: relative(folder, path).replaceAll("\\", "/") };
}

async function packageOf(folder: string): Promise<string> {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const manifest = await stat(join(at, "package.json")).catch(() => undefined);
    if (manifest !== undefined) return at;
  }
  return folder;
}

interface Options {
  readonly dir: string;
  readonly ignored: ReadonlySet<string>;
  readonly fix: boolean;
  readonly write: boolean;
  readonly force: boolean;
}

function read(args: readonly string[]): Options {
  const { values, positionals } = readOwn({
    args: [...args],
    options: {
      ignore: { type: "string", multiple: true },
      fix: { type: "boolean" },
      write: { type: "boolean" },
      force: { type: "boolean" },
    },
    allowPositionals: true,
  });
  const [dir = ".", ...more] = positionals;
  if (more.length > 0) throw new UsageError(`One folder or file at a time: wsorigin audit ${dir}`);
  if (dir === "") throw new UsageError("The folder has no name: write wsorigin audit . for the current one.");
  const ids = (values.ignore ?? []).flatMap((value) => value.split(",")).map((id) => id.trim().toUpperCase());
  const known = new Set(allRules.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new UsageError(
      `--ignore: there is no rule ${JSON.stringify(unknown)} in audit. Write ids such as --ignore WSO206,WSO208.`,
    );
  const { fix = false, write = false, force = false } = values;
  if (write && !fix) throw new UsageError("--write is for --fix: wsorigin audit --fix --write");
  if (force && !write) throw new UsageError("--force is for --write: wsorigin audit --fix --write --force");
  return { dir, ignored: new Set(ids), fix, write, force };
}
