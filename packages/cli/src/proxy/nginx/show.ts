import type { Finding, Rule } from "../../finding.ts";
import type { Location, Scope } from "./model.ts";
import type { Directive } from "./parse.ts";

export function at(rule: Rule, line: Directive, fix: readonly string[]): Finding {
  const place = { file: line.file, line: line.line, column: line.column };
  return { rule, seen: shown(line.text).split("\n"), fix, place };
}

/** A line as it is written, without the white space around it and without passwords. */
export function shown(text: string): string {
  return withoutPassword(text.trim());
}

export function withoutPassword(text: string): string {
  return text.replaceAll(/(\w:\/\/)[^\s/@;]+@/g, "$1***@").replaceAll(/(authorization\s+)[^;]+/gi, "$1***");
}

export function inPlaceOf({ line }: Directive, right: string): readonly string[] {
  return [`# in place of line ${line}`, right];
}

export function inside({ kind, owner }: Scope): string {
  if (owner === undefined) return kind === "location" ? "# inside the location" : "# in the file";
  return `# inside ${kind}${kind === "location" ? ` ${owner.args.join(" ")}` : ""} { }, line ${owner.line}`;
}

export function titleOf({ scope }: Location): string {
  return scope.owner === undefined ? "location" : `location ${scope.owner.args.join(" ")}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
