import type { Finding, Report } from "../finding.ts";
import { printable, printableLines } from "../printable.ts";

/**
 * A report that controls no terminal and hides nothing: servers, files and arguments put text into it. Every format for people starts with this, so
 * that no rule and no step has to escape what it quotes.
 */
export function printableReport({ command, target, steps, findings, ...rest }: Report): Report {
  return {
    ...rest,
    command,
    target: printable(target),
    steps: steps.map(({ name, outcome, detail }) => ({ name: printable(name), outcome, detail: printable(detail) })),
    findings: findings.map(printableFinding),
  };
}

function printableFinding(finding: Finding): Finding {
  const { seen, who, fix, place } = finding;
  return {
    ...finding,
    seen: seen.flatMap(printableLines),
    who: who === undefined ? undefined : printable(who),
    fix: fix.flatMap(printableLines),
    place: place === undefined ? undefined : { ...place, file: printable(place.file) },
  };
}
