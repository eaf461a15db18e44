import { docsOf, type Finding, type Report, severityOf } from "../finding.ts";
import { tagsOf } from "../standards.ts";
import { printableReport } from "./printable-report.ts";

/** Workflow commands of GitHub Actions: an annotation for each finding, then a line that sums them up. */
export function renderGithub(report: Report): string {
  const { command, target, findings, incomplete } = printableReport(report);
  const lines = findings.map(annotation);
  const failures = findings.filter((finding) => severityOf(finding) === "failure").length;
  return [
    ...lines,
    `wsorigin ${command} ${target}: ${findings.length} found, ${failures} of them failures.${incomplete === undefined ? "" : " Not everything could be checked."}`,
    "",
  ].join("\n");
}

const levels = { failure: "error", warning: "warning", note: "notice" } as const;

function annotation(finding: Finding): string {
  const { rule, seen, who, fix, place } = finding;
  const where = place === undefined ? [] : [`file=${property(place.file)}`, `line=${place.line}`];
  const column = place?.column === undefined ? [] : [`col=${place.column}`];
  const title = `title=${property(`${rule.id} ${rule.title}`)}`;
  const tags = tagsOf(rule);
  const said = [
    ...seen,
    ...(who === undefined ? [] : [`Answered by ${who}.`]),
    rule.cause,
    ...(fix.length > 0 ? fix : [rule.fix]),
    ...(tags.length > 0 ? [tags.join(", ")] : []),
    docsOf(rule),
  ];
  return `::${levels[severityOf(finding)]} ${[...where, ...column, title].join(",")}::${data(said.join("\n"))}`;
}

/** What came from elsewhere must not end the line: what follows would be a command of its own. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
