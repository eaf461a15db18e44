import { docsOf, type Report, type Rule, severityOf } from "../finding.ts";
import { standardsOf } from "../standards.ts";
import { printableJson } from "../printable.ts";

/**
 * The report for programs: see `schema/report.v1.json`. Within one version of the schema fields are only added, and none changes its meaning.
 */
export function renderJson({ command, target, steps, findings, incomplete }: Report, version: string): string {
  const severities = findings.map(severityOf);
  const count = (severity: string): number => severities.filter((each) => each === severity).length;
  const report = {
    schema: 1,
    tool: { name: "wsorigin", version },
    command,
    target,
    verdict: count("failure") > 0 ? "failed" : incomplete === undefined ? "ok" : "incomplete",
    counts: { failure: count("failure"), warning: count("warning"), note: count("note") },
    steps,
    findings: findings.map((finding) => ({
      id: finding.rule.id,
      name: finding.rule.name,
      severity: severityOf(finding),
      title: finding.rule.title,
      seen: finding.seen,
      ...(finding.who !== undefined && { who: finding.who }),
      cause: finding.rule.cause,
      fix: finding.fix.length > 0 ? finding.fix : [finding.rule.fix],
      docs: docsOf(finding.rule),
      standards: namedStandards(finding.rule),
      ...(finding.place !== undefined && { place: finding.place }),
    })),
  };
  return printableJson(`${JSON.stringify(report, null, 2)}\n`);
}

function namedStandards(rule: Rule): object {
  const { cwe, ...rest } = standardsOf(rule);
  return { cwe: cwe.map((number) => `CWE-${number}`), ...rest };
}
