import pc from "picocolors";
import { printable } from "../printable.ts";
import { diffOf, diffText } from "../change/diff.ts";
import type { Plan } from "./plan.ts";

/** The plan for people. */
export function planText(target: string, plan: Plan, written: boolean, color: boolean): string {
  const colors = pc.createColors(color);
  const lines = [colors.bold(`wsorigin init ${printable(target)}`), "", colors.bold("Found")];
  const widest = Math.max(...plan.found.map(([label]) => label.length));
  for (const [label, text] of plan.found) lines.push(`  ${label.padEnd(widest)}  ${printable(text)}`);
  if (plan.status === "changes") {
    const files = plan.changes.map(({ file }) => file);
    const longest = Math.max(...files.map(({ length }) => length));
    lines.push("", colors.bold("Changes"));
    for (const { file, why } of plan.changes) lines.push(`  ${printable(file.padEnd(longest))}  ${why}`);
    lines.push("", diffText(plan.changes, color).trimEnd());
    lines.push("", colors.bold("What remains for you"));
    for (const [index, each] of plan.remains.entries()) lines.push(`  ${index + 1}. ${printable(each)}`);
  }
  if (plan.problems.length > 0) lines.push("", colors.bold("Not changed"));
  for (const { place, message, guide } of plan.problems) {
    lines.push(`  ${place === undefined ? "" : `${printable(place)}  `}${printable(message)}`);
    if (guide !== undefined) lines.push(`  By hand: ${guide}`);
  }
  lines.push("", conclusion(plan, written, target), "");
  return lines.join("\n");
}

function conclusion({ status, changes }: Plan, written: boolean, target: string): string {
  const files = `${changes.length} files`;
  const folder = target === "." ? "" : ` ${printable(target)}`;
  if (status === "nothing-to-do") return "Nothing to do: the server is guarded already.";
  if (status === "not-understood") return "Nothing was changed.";
  return written
    ? `Written: ${files}.`
    : `Nothing was written. wsorigin init${folder} --write applies exactly this diff to ${files}.`;
}

/** The plan for programs: schema/init.v1.json. */
export function planData(target: string, plan: Plan, written: boolean, version: string): object {
  return {
    schema: 1,
    tool: { name: "wsorigin", version },
    command: "init",
    target,
    status: plan.status,
    written,
    found: plan.found.map(([label, text]) => ({ label, text })),
    changes: plan.changes.map(({ file, before, why }) => ({ file, new: before === undefined, why })),
    diff: diffOf(plan.changes),
    remains: plan.remains,
    problems: plan.problems.map(({ place = null, message, guide = null }) => ({ place, message, guide })),
  };
}
