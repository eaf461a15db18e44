import { catalogue, type Listed, loadRules } from "./catalogue.ts";
import { CannotRun, Interrupted, type Outcome, UsageError } from "./command.ts";
import { type Report, severityOf } from "./finding.ts";
import { type CommonOptions, commonNames, readCommon } from "./options.ts";
import { printableJson, printableText } from "./printable.ts";
import type { Progress } from "./progress.ts";
import { version } from "./version.ts";

/** What the program has around it. */
export interface Environment {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a terminal shows what is written. */
  readonly isTTY: boolean;
  readonly showsProgress: boolean;
  readonly columns: number;
  /** The width of the terminal that shows progress, if it is another one. */
  readonly progressColumns?: number;
  readonly cwd: string;
  /** Aborted when the program is told to end. */
  readonly signal: AbortSignal;
  /** Has `signal` aborted by SIGINT and SIGTERM. Until it is called they end the program at once. */
  readonly hearSignals?: () => void;
}

const names = catalogue.map(({ name }) => name);

const usage = `wsorigin: what is really wrong with a WebSocket connection, who answered, why, and what to change.

Usage: wsorigin <command> [arguments]

${catalogue.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

  wsorigin <command> --help      what the command takes
  wsorigin --list-rules          every problem that can be found
  wsorigin --explain WSO014      what one of them means

Options of every command:
  --format <format>   text (default), json, sarif, markdown or github; --json and --sarif for short
  --strict            warnings count as failures
  --timeout <seconds> give up after so long, in all (default 60); what doctor --idle waits for is added
  --color, --no-color colours, or none. By default: on a terminal, unless NO_COLOR is set; FORCE_COLOR has them everywhere
  --ascii             no characters beyond ASCII
  --version           the version

The report goes to standard output; on a terminal, progress goes to standard error.
Exit code: 0 nothing is wrong, 1 something is, 2 it could not be tried to the end or the arguments were wrong, 3 init did not understand the project, 130
interrupted by Ctrl-C (SIGINT), 143 ended by SIGTERM. What was found until then is printed.
`;

/** Runs the program, and returns its exit code. Never rejects. */
export async function runCli(argv: readonly string[], around: Environment): Promise<number> {
  try {
    return await run(argv, around);
  } catch (error) {
    if (around.signal.aborted) return endedBy(around);
    const known = error instanceof UsageError || error instanceof CannotRun;
    const said = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    const hint =
      error instanceof UsageError ? `${await suggestionFor(error)}\nRun wsorigin --help for what there is.` : "";
    around.err(`${printableText(`${said}${hint}`)}\n`);
    return 2;
  }
}

async function run(argv: readonly string[], around: Environment): Promise<number> {
  const { rest, ...options } = readCommon(argv);
  const [name, ...args] = rest;
  if (options.version) return say(around, `${version}\n`);
  if (options.listRules) return say(around, await listOfRules(options));
  if (options.explain !== undefined) return explainRule(options.explain, options, around);
  const listed = catalogue.find((each) => each.name === name);
  if (options.help) return say(around, listed === undefined ? usage : `${(await listed.load()).usage.trimEnd()}\n`);
  if (name === undefined) throw new UsageError(`Which command? Write one of ${names.join(", ")}.`);
  if (listed === undefined) throw unknownCommand(name);
  return runCommand(listed, args, options, around);
}

function unknownCommand(name: string): UsageError {
  if (name.startsWith("-"))
    return new UsageError(
      `Unknown option ${JSON.stringify(name)}. Valid options before a command: ${commonNames.join(", ")}.`,
      { mistyped: { given: name, known: commonNames } },
    );
  return new UsageError(`There is no command ${JSON.stringify(name)}. Write one of ${names.join(", ")}.`, {
    mistyped: { given: name, known: names },
  });
}

async function suggestionFor({ mistyped }: UsageError): Promise<string> {
  if (mistyped === undefined) return "";
  const { nearest } = await import("./nearest.ts");
  const found = nearest(mistyped.given, mistyped.known);
  return found === undefined ? "" : ` Did you mean ${JSON.stringify(found)}?`;
}

function endedBy({ signal, err }: Environment): number {
  if (!(signal.reason instanceof Interrupted)) return 130;
  err(`${signal.reason.message}\n`);
  return signal.reason.exitCode;
}

async function runCommand(
  listed: Listed,
  args: readonly string[],
  options: CommonOptions,
  around: Environment,
): Promise<number> {
  const command = await listed.load();
  const formats = command.formats?.(args) ?? [options.format];
  if (!formats.includes(options.format))
    throw new UsageError(
      `${command.name} has no format ${JSON.stringify(options.format)}. Write one of ${formats.join(", ")}.`,
    );
  around.hearSignals?.();
  // `AbortSignal.any` keeps its sources alive for as long as the program runs, which is not long.
  const limit = options.timeout + (command.patience?.(args) ?? 0);
  const timeout = AbortSignal.timeout(limit * 1000);
  const signal = AbortSignal.any([around.signal, timeout]);
  const progress = await progressOf(around);
  const outcome = await command
    .run(args, {
      cwd: around.cwd,
      stdin: async () => (await import("@wsorigin/core")).raceAbort(around.stdin(), signal),
      signal,
      progress: (line) => progress?.show(line),
    })
    .catch((error: unknown) => {
      if (timeout.aborted && !around.signal.aborted) throw new CannotRun(tooLong(limit));
      throw error;
    })
    .finally(() => progress?.clear());
  const incomplete = "report" in outcome ? outcome.report.incomplete : undefined;
  // A command that was ended may not have noticed.
  const exitCode = await print(outcome, options, around);
  if (around.signal.aborted) return endedBy(around);
  if (incomplete !== "stopped") return exitCode;
  around.err(`${tooLong(limit)}\n`);
  return 2;
}

/** On a terminal that somebody watches; a log keeps what was taken back. */
async function progressOf(around: Environment): Promise<Progress | undefined> {
  const { showsProgress, env, err, columns, progressColumns } = around;
  const watched = showsProgress && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
  return watched ? (await import("./progress.ts")).progressOn(err, progressColumns ?? columns) : undefined;
}

function tooLong(seconds: number): string {
  return `It took more than ${seconds} seconds. Give it more with --timeout.`;
}

/** Prints what came of a command, and returns the exit code that it has by itself. */
async function print(outcome: Outcome, options: CommonOptions, around: Environment): Promise<number> {
  if ("paint" in outcome) {
    const { styleOf, toAscii } = await import("./render/text.ts");
    const { color, ascii } = styleOf(options, around);
    if (options.format === "json") around.out(printableJson(`${JSON.stringify(outcome.data, null, 2)}\n`));
    else around.out(ascii ? toAscii(outcome.paint(color)) : outcome.paint(color));
    return outcome.exitCode;
  }
  if ("text" in outcome) return say(around, printableText(outcome.text));
  around.out(await render(outcome.report, options, around));
  // What was pasted is explained: that is not a failure of a check.
  if (outcome.report.command === "explain") return 0;
  if (failed(outcome.report, options.strict)) return 1;
  // A report of a part is not a pass.
  return outcome.report.incomplete === undefined ? 0 : 2;
}

function failed({ findings }: Report, strict: boolean): boolean {
  return findings.some((finding) => {
    const severity = severityOf(finding);
    return severity === "failure" || (strict && severity === "warning");
  });
}

async function render(report: Report, options: CommonOptions, around: Environment): Promise<string> {
  switch (options.format) {
    case "text": {
      const { renderText, styleOf } = await import("./render/text.ts");
      return renderText(report, styleOf(options, around), around.columns);
    }
    case "json":
      return (await import("./render/json.ts")).renderJson(report, version);
    case "sarif":
      return (await import("./render/sarif.ts")).renderSarif(report, version);
    case "markdown":
      return (await import("./render/markdown.ts")).renderMarkdown(report);
    case "github":
      return (await import("./render/github.ts")).renderGithub(report);
    default:
      return options.format satisfies never;
  }
}

async function listOfRules({ format }: CommonOptions): Promise<string> {
  const rules = await loadRules();
  return format === "markdown"
    ? (await import("./render/markdown.ts")).renderRules(rules)
    : (await import("./render/text.ts")).renderRuleList(rules);
}

async function explainRule(id: string, options: CommonOptions, around: Environment): Promise<number> {
  const rules = await loadRules();
  const rule = rules.find((each) => each.id === id.toUpperCase());
  if (rule === undefined)
    throw new UsageError(`There is no rule ${JSON.stringify(id)}. wsorigin --list-rules names all of them.`);
  if (options.format === "json")
    return say(
      around,
      `${JSON.stringify({ ...rule, standards: (await import("./standards.ts")).standardsOf(rule) }, null, 2)}\n`,
    );
  const { renderRule, styleOf } = await import("./render/text.ts");
  return say(around, renderRule(rule, styleOf(options, around), around.columns));
}

function say(around: Environment, text: string): number {
  around.out(text);
  return 0;
}
