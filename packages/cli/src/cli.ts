import { CannotRun, type Command, UsageError } from "./command.ts";
import { audit } from "./commands/audit.ts";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { init } from "./commands/init.ts";
import { proxy } from "./commands/proxy.ts";
import { type Report, type Rule, severityOf } from "./finding.ts";
import { type CommonOptions, readCommon } from "./options.ts";
import { printableJson, printableText } from "./printable.ts";
import { renderGithub } from "./render/github.ts";
import { renderJson } from "./render/json.ts";
import { renderMarkdown, renderRules } from "./render/markdown.ts";
import { renderSarif } from "./render/sarif.ts";
import { renderRule, renderRuleList, renderText, styleOf, toAscii } from "./render/text.ts";
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
  readonly cwd: string;
  readonly signal: AbortSignal;
}

const commands: readonly Command[] = [doctor, explain, proxy, audit, init];

const names = commands.map(({ name }) => name).join(", ");

/** Every rule there is, by id. */
export const allRules: readonly Rule[] = commands
  .flatMap(({ rules }) => rules)
  .toSorted((one, two) => one.id.localeCompare(two.id));

const usage = `wsorigin: what is really wrong with a WebSocket connection, who answered, why, and what to change.

Usage: wsorigin <command> [arguments]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

  wsorigin <command> --help      what the command takes
  wsorigin --list-rules          every problem that can be found
  wsorigin --explain WSO014      what one of them means

Options of every command:
  --format <format>   text (default), json, sarif, markdown or github; --json and --sarif for short
  --strict            warnings count as failures
  --timeout <seconds> give up after so long, in all (default 60)
  --color, --no-color colours, or none. By default: on a terminal, unless NO_COLOR is set; FORCE_COLOR has them everywhere
  --ascii             no characters beyond ASCII
  --version           the version

The report goes to standard output, progress to standard error.
Exit code: 0 nothing is wrong, 1 something is, 2 it could not be tried to the end or the arguments were wrong, 3 init did not understand the project, 130
interrupted.
`;

/** Runs the program: the exit code. Never rejects. */
export async function runCli(argv: readonly string[], around: Environment): Promise<number> {
  try {
    const { rest, ...options } = readCommon(argv);
    const [name, ...args] = rest;
    const command = commands.find((each) => each.name === name);
    if (options.version) return say(around, `${version}\n`);
    if (options.listRules)
      return say(around, options.format === "markdown" ? renderRules(allRules) : renderRuleList(allRules));
    if (options.explain !== undefined) return explainRule(options.explain, options, around);
    if (options.help) return say(around, command === undefined ? usage : `${command.usage.trimEnd()}\n`);
    if (name === undefined) throw new UsageError(`Which command? Write one of ${names}.`);
    if (command === undefined)
      throw new UsageError(`There is no command ${JSON.stringify(name)}. Write one of ${names}.`);
    return await runCommand(command, args, options, around);
  } catch (error) {
    if (around.signal.aborted) return 130;
    const known = error instanceof UsageError || error instanceof CannotRun;
    const said = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    around.err(
      `${printableText(said)}\n${error instanceof UsageError ? "Run wsorigin --help for what there is.\n" : ""}`,
    );
    return 2;
  }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  options: CommonOptions,
  around: Environment,
): Promise<number> {
  const formats = command.formats?.(args) ?? [options.format];
  if (!formats.includes(options.format))
    throw new UsageError(
      `${command.name} has no format ${JSON.stringify(options.format)}. Write one of ${formats.join(", ")}.`,
    );
  // `AbortSignal.any` keeps its sources alive for as long as the program runs, which is not long.
  const timeout = AbortSignal.timeout(options.timeout * 1000);
  const signal = AbortSignal.any([around.signal, timeout]);
  const outcome = await command
    .run(args, {
      cwd: around.cwd,
      stdin: around.stdin,
      signal,
      progress: (line) => around.showsProgress && around.err(`${printableText(line)}\n`),
    })
    .catch((error: unknown) => {
      if (timeout.aborted && !around.signal.aborted) throw new CannotRun(tooLong(options));
      throw error;
    });
  const incomplete = "report" in outcome ? outcome.report.incomplete : undefined;
  if (around.signal.aborted && incomplete !== "stopped") return 130;
  if ("paint" in outcome) {
    const { color, ascii } = styleOf(options, around);
    if (options.format === "json") around.out(printableJson(`${JSON.stringify(outcome.data, null, 2)}\n`));
    else around.out(ascii ? toAscii(outcome.paint(color)) : outcome.paint(color));
    return outcome.exitCode;
  }
  if ("text" in outcome) return say(around, printableText(outcome.text));
  around.out(render(outcome.report, options, around));
  // What was pasted is explained: that is not a failure of a check.
  if (outcome.report.command === "explain") return 0;
  if (incomplete === "stopped") {
    around.err(around.signal.aborted ? "Interrupted.\n" : `${tooLong(options)}\n`);
    return 2;
  }
  if (failed(outcome.report, options.strict)) return 1;
  return incomplete === undefined ? 0 : 2;
}

function tooLong({ timeout }: CommonOptions): string {
  return `It took more than ${timeout} seconds. Give it more with --timeout.`;
}

function failed({ findings }: Report, strict: boolean): boolean {
  return findings.some((finding) => {
    const severity = severityOf(finding);
    return severity === "failure" || (strict && severity === "warning");
  });
}

function render(report: Report, options: CommonOptions, around: Environment): string {
  switch (options.format) {
    case "text":
      return renderText(report, styleOf(options, around), around.columns);
    case "json":
      return renderJson(report, version);
    case "sarif":
      return renderSarif(report, version);
    case "markdown":
      return renderMarkdown(report);
    case "github":
      return renderGithub(report);
    default:
      return options.format satisfies never;
  }
}

function explainRule(id: string, options: CommonOptions, around: Environment): number {
  const rule = allRules.find((each) => each.id === id.toUpperCase());
  if (rule === undefined)
    throw new UsageError(`There is no rule ${JSON.stringify(id)}. wsorigin --list-rules names all of them.`);
  return say(
    around,
    options.format === "json"
      ? `${JSON.stringify(rule, null, 2)}\n`
      : renderRule(rule, styleOf(options, around), around.columns),
  );
}

function say(around: Environment, text: string): number {
  around.out(text);
  return 0;
}
