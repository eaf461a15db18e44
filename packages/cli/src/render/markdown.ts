import { docsOf, type Finding, type Report, type Rule, severityOf } from "../finding.ts";
import { standardsOf, tagsOf, weaknesses } from "../standards.ts";
import { printableReport } from "./printable-report.ts";

/** The report for a pull request's comment or a job's summary. */
export function renderMarkdown(found: Report): string {
  const report = printableReport(found);
  const lines = [`## \`wsorigin ${report.command}\`: ${cell(report.target)}`, ""];
  if (report.incomplete !== undefined) lines.push("Not everything could be checked: see the steps below.", "");
  else if (report.findings.length === 0) lines.push("Nothing is wrong.", "");
  for (const finding of report.findings) lines.push(...sectionOf(finding), "");
  if (report.steps.length > 0) {
    lines.push("| step | | |", "| --- | --- | --- |");
    for (const { name, outcome, detail } of report.steps)
      lines.push(`| ${cell(name)} | ${outcome} | ${cell(detail)} |`);
    lines.push("");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Every rule, as its documentation has it: `docs/rules.md` is this. */
export function renderRules(rules: readonly Rule[]): string {
  const sections = rules.map(
    (rule) =>
      `## ${rule.id}\n\n\`${rule.name}\` (${rule.severity}): **${text(rule.title)}**\n\n${text(rule.cause)}\n\n${text(rule.fix)}\n${linksOf(rule)}`,
  );
  return `# Rules\n\nWhat \`wsorigin\` can find. \`wsorigin --explain <id>\` prints one. An id is never given to another rule.\n\n${sections.join("\n")}`;
}

/** What the rule is called elsewhere, in a paragraph of its own; nothing, where it is no weakness. */
function linksOf(rule: Rule): string {
  const { cwe } = standardsOf(rule);
  const others = tagsOf(rule).slice(cwe.length);
  const links = cwe.map(
    (number) =>
      `[CWE-${number}](https://cwe.mitre.org/data/definitions/${number}.html) ${weaknesses.get(number) ?? ""}`,
  );
  return links.length + others.length === 0 ? "" : `\n${[...links, ...others].join(", ")}\n`;
}

function sectionOf(finding: Finding): string[] {
  const { rule, seen, who, fix, place } = finding;
  const tags = tagsOf(rule);
  const where = place === undefined ? "" : ` in \`${place.file}:${place.line}\``;
  return [
    `### [${rule.id}](${docsOf(rule)}) (${severityOf(finding)}): ${text(rule.title)}${where}`,
    "",
    ...(seen.length > 0 ? [block(seen), ""] : []),
    ...(who === undefined ? [] : [`Answered by ${text(who)}.`, ""]),
    text(rule.cause),
    "",
    ...(fix.length > 0 ? ["To change:", "", block(fix)] : [text(rule.fix)]),
    ...(tags.length > 0 ? ["", tags.join(", ")] : []),
  ];
}

/** Code that nothing in it can end: its fence is longer than any run of backticks. */
function block(lines: readonly string[]): string {
  const code = lines.join("\n");
  const longest = Math.max(2, ...Array.from(code.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${code}\n${fence}`;
}

function cell(content: string): string {
  return text(content).replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Text that is text, whatever was put in it. */
function text(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("[", "\\[");
}
