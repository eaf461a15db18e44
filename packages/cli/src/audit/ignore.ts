import type { Module } from "../source/module.ts";

/** A comment that says why a finding is none: `// wsorigin-ignore WSO206: listens on a private network only`. */
export interface Ignore {
  readonly ids: ReadonlySet<string>;
  /** The line that the comment ends on: it counts for that one and the next. */
  readonly line: number;
}

/** Comments without a reason are not heeded. */
export function ignoresIn(module: Module): Ignore[] {
  return module.comments.flatMap((comment) => {
    const match = /^[\s*]*wsorigin-ignore\s+(WSO\d{3}(?:\s*,\s*WSO\d{3})*)\s*:\s*\S/.exec(comment.value);
    const line = comment.loc?.end.line;
    if (match?.[1] === undefined || line === undefined) return [];
    return [{ ids: new Set(match[1].split(",").map((id) => id.trim())), line }];
  });
}
