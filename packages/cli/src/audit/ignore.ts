import type { Module } from "../source/module.ts";

/** A comment that says why a finding is none: `// wsorigin-ignore WSO206: listens on a private network only`. */
export interface Ignore {
  readonly ids: ReadonlySet<string>;
  /** The line that the comment ends on: it counts for that one and the next. */
  readonly line: number;
}

/** Whether a comment ignores a rule's finding: one that ends on the finding's line, or on the line above. */
export function isIgnored(ignores: readonly Ignore[], id: string, line: number): boolean {
  return ignores.some((ignore) => ignore.ids.has(id) && (ignore.line === line || ignore.line === line - 1));
}

/** Comments without a reason are not heeded. */
export function ignoresIn(module: Module): Ignore[] {
  return module.comments.flatMap(({ value, loc }) => ignoreIn(value, loc?.end.line) ?? []);
}

/** What a comment that ends on this line says, without the characters that begin it. */
export function ignoreIn(comment: string, line: number | undefined): Ignore | undefined {
  const match = /^[\s*]*wsorigin-ignore\s+(WSO\d{3}(?:\s*,\s*WSO\d{3})*)\s*:\s*\S/.exec(comment);
  if (match?.[1] === undefined || line === undefined) return undefined;
  return { ids: new Set(match[1].split(",").map((id) => id.trim())), line };
}
