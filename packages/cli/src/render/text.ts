import pc from "picocolors";
import { docsOf, type Finding, type Report, type Rule, type Severity, severityOf, type Step } from "../finding.ts";
import { tagsOf } from "../standards.ts";
import { printableReport } from "./printable-report.ts";

/** How text is dressed. */
export interface Style {
  readonly color: boolean;
  readonly ascii: boolean;
}

/** What colours there are to be: as asked for, or as the surroundings say (https://no-color.org, FORCE_COLOR). */
export function styleOf(
  { color, ascii }: { readonly color: boolean | undefined; readonly ascii: boolean },
  { env, isTTY }: { readonly env: Readonly<Record<string, string | undefined>>; readonly isTTY: boolean },
): Style {
  const forced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  const usual = (env["NO_COLOR"] ?? "") === "" && (forced || (isTTY && env["TERM"] !== "dumb"));
  const locale = env["LC_ALL"] ?? env["LC_CTYPE"] ?? env["LANG"] ?? "";
  const plain = process.platform !== "win32" && locale !== "" && !/utf-?8/i.test(locale);
  return { color: color ?? usual, ascii: ascii || plain || env["TERM"] === "dumb" };
}

/** The report for people, in lines no wider than the terminal where words allow it. */
export function renderText(found: Report, style: Style, columns: number): string {
  const report = printableReport(found);
  const { bold, dim } = pc.createColors(style.color);
  const width = Math.max(40, Math.min(columns, 110));
  const lines = [bold(`wsorigin ${report.command} ${report.target}`), ""];
  const widest = Math.max(0, ...report.steps.map(({ name }) => name.length));
  for (const step of report.steps) lines.push(stepLine(step, widest, style));
  if (report.steps.length > 0) lines.push("");
  for (const finding of report.findings) lines.push(...findingLines(finding, style, width), "");
  // What was pasted is not found wrong, it is explained.
  if (report.command !== "explain") lines.push(summaryOf(report, style));
  if (report.findings.some(({ rule }) => rule.id !== "WSO300"))
    lines.push(dim("wsorigin --explain <id> says more about one of them."));
  const text = `${lines.join("\n")}\n`;
  return style.ascii ? toAscii(text) : text;
}

export function renderRule(rule: Rule, style: Style, columns: number): string {
  const width = Math.max(40, Math.min(columns, 110));
  const text = `${[
    `${mark(rule.severity, style)} ${pc.createColors(style.color).bold(`${rule.id} ${rule.name}`)}  ${rule.title}`,
    ...field("cause", [rule.cause], width, style),
    ...field("fix", [rule.fix], width, style),
    ...field("tags", tagLine(rule), width, style),
    ...field("docs", [docsOf(rule)], width, style),
  ].join("\n")}\n`;
  return style.ascii ? toAscii(text) : text;
}

/** One line for each rule. */
export function renderRuleList(rules: readonly Rule[]): string {
  const widest = Math.max(...rules.map(({ name }) => name.length));
  return rules
    .map(({ id, severity, name, title }) => `${id}  ${severity.padEnd(7)}  ${name.padEnd(widest)}  ${title}\n`)
    .join("");
}

function stepLine({ name, outcome, detail }: Step, widest: number, style: Style): string {
  const { green, red, dim } = pc.createColors(style.color);
  const sign = {
    ok: green(style.ascii ? "ok  " : "\u2713"),
    failed: red(style.ascii ? "FAIL" : "\u2717"),
    skipped: dim(style.ascii ? "skip" : "-"),
  }[outcome];
  return `${sign} ${name.padEnd(widest)}  ${dim(detail)}`.trimEnd();
}

function findingLines(finding: Finding, style: Style, width: number): string[] {
  const { rule, seen, who, fix, place } = finding;
  const { bold } = pc.createColors(style.color);
  const where =
    place === undefined ? [] : [`${place.file}:${place.line}${place.column === undefined ? "" : `:${place.column}`}`];
  return [
    `${mark(severityOf(finding), style)} ${bold(`${rule.id} ${rule.title}`)}`,
    ...field("where", where, width, style),
    ...field("seen", seen, width, style),
    ...field("who", who === undefined ? [] : [who], width, style),
    ...field("cause", [rule.cause], width, style),
    ...field("fix", fix.length > 0 ? fix : [rule.fix], width, style),
    ...field("tags", tagLine(rule), width, style),
    ...field("docs", [docsOf(rule)], width, style),
  ];
}

function tagLine(rule: Rule): readonly string[] {
  const tags = tagsOf(rule);
  return tags.length === 0 ? [] : [tags.join(", ")];
}

function mark(severity: Severity, style: Style): string {
  const { red, yellow, blue } = pc.createColors(style.color);
  if (severity === "failure") return red(style.ascii ? "FAIL" : "\u2717");
  return severity === "warning" ? yellow("!") : blue("i");
}

/** A field's lines, each wrapped at spaces; what has none, or is indented as code, is left whole. */
function field(name: string, lines: readonly string[], width: number, style: Style): string[] {
  const { dim } = pc.createColors(style.color);
  const wrapped = lines.flatMap((line) => wrap(line, width - 10));
  return wrapped.map((line, index) => `  ${dim((index === 0 ? name : "").padEnd(7))} ${line}`.trimEnd());
}

function wrap(line: string, width: number): string[] {
  if (line.length <= width || /^\s|[;{}]\s*$|=>/.test(line)) return [line];
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

/** What stands in the place of "Nothing is wrong." */
const incompleteLine = "Not everything could be checked: see the steps above.";

/** "2 failures, 1 warning", or that there is nothing. */
function summaryOf({ findings, incomplete }: Report, style: Style): string {
  const { green, red, yellow } = pc.createColors(style.color);
  const count = (severity: Severity): number => findings.filter((finding) => severityOf(finding) === severity).length;
  const words = (["failure", "warning", "note"] as const)
    .map((severity) => [severity, count(severity)] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => `${number} ${severity}${number === 1 ? "" : "s"}`)
    .join(", ");
  const rest = incomplete === undefined ? "" : ` ${incompleteLine}`;
  if (words === "") return incomplete === undefined ? green("Nothing is wrong.") : yellow(incompleteLine);
  return (count("failure") > 0 ? red : yellow)(`${words}.${rest}`);
}

/** What colours begin with. */
const escape = "\u001b";

/** Punctuation that has a plain form gets it; the rest is escaped. */
export function toAscii(text: string): string {
  return text
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u201c\u201d]/g, '"')
    .replaceAll(/[^\x20-\x7e\n]/g, (char) =>
      char === escape ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
