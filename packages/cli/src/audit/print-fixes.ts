import pc from "picocolors";
import { diffOf, diffText } from "../change/diff.ts";
import { type Finding, severityOf } from "../finding.ts";
import { printable } from "../printable.ts";
import type { Fixes } from "./changes.ts";

/** What `audit --fix` did, or would do, for people. */
export function fixesText(target: string, { changes, fixed, left }: Fixes, written: boolean, color: boolean): string {
  const colors = pc.createColors(color);
  const lines = [colors.bold(`wsorigin audit --fix ${printable(target)}`), ""];
  if (changes.length > 0) {
    lines.push(colors.bold("Changes"), ...fixed.map((each) => lineOf(each)));
    lines.push("", diffText(changes, color).trimEnd(), "");
  }
  if (left.length > 0) {
    lines.push(colors.bold("To change by hand"), ...left.map((each) => lineOf(each)));
    lines.push("", "wsorigin audit shows what to write. wsorigin init guards a whole project.", "");
  }
  lines.push(conclusion(changes.length, left.length, written), "");
  return lines.join("\n");
}

function conclusion(files: number, left: number, written: boolean): string {
  if (files === 0) return left === 0 ? "Nothing to fix." : "Nothing can be fixed automatically.";
  const count = `${files} file${files === 1 ? "" : "s"}`;
  return written
    ? `Written: ${count}. Install the packages that were added to the imports.`
    : `Nothing was written. Add --write to apply exactly this diff to ${count}.`;
}

function lineOf(finding: Finding): string {
  const { rule, place } = finding;
  return `  ${rule.id} ${printable(`${place?.file}:${place?.line}`)}  ${rule.title}`;
}

/** The same for programs. */
export function fixesData(target: string, { changes, fixed, left }: Fixes, written: boolean, version: string): object {
  const listed = (findings: readonly Finding[]): object[] =>
    findings.map((each) => ({ id: each.rule.id, severity: severityOf(each), place: each.place }));
  return {
    schema: 1,
    tool: { name: "wsorigin", version },
    command: "audit --fix",
    target,
    written,
    files: changes.map(({ file }) => file),
    diff: diffOf(changes),
    fixed: listed(fixed),
    left: listed(left),
  };
}
