import type { Finding } from "../finding.ts";
import type { Module } from "../source/module.ts";
import type { Node } from "../source/nodes.ts";
import type { Raw, Rewrite } from "./check.ts";
import { ignoresIn, type Ignore, isIgnored } from "./ignore.ts";
import { rules } from "./rules.ts";
import { seenLine } from "./seen.ts";

interface Placed {
  readonly finding: Finding;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly module: Module;
  readonly node: Node;
  readonly change: Rewrite | undefined;
}

export function byPlace(a: Placed, b: Placed): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  if (a.column !== b.column) return a.column - b.column;
  return a.finding.rule.id < b.finding.rule.id ? -1 : 1;
}

/** Leaves out what was found twice, and what is ignored. */
export function sift(
  raws: readonly Raw[],
  ignored: ReadonlySet<string>,
): { kept: Placed[]; unwanted: number; commented: number } {
  const kept: Placed[] = [];
  const known = new Set<string>();
  const comments = new Map<Module, readonly Ignore[]>();
  let unwanted = 0;
  let commented = 0;
  for (const raw of raws) {
    const placed = place(raw);
    const { id } = placed.finding.rule;
    const key = `${id} ${placed.file}:${placed.line}:${placed.column}`;
    if (known.has(key)) continue;
    known.add(key);
    const ignores = comments.get(raw.module) ?? ignoresIn(raw.module);
    comments.set(raw.module, ignores);
    if (ignored.has(id)) unwanted += 1;
    else if (isIgnored(ignores, id, placed.line)) commented += 1;
    else kept.push(placed);
  }
  return { kept, unwanted, commented };
}

function place({ rule, module: at, node, also = [], fix, severity, change }: Raw): Placed {
  const module = at.of(node);
  const line = node.loc?.start.line ?? 1;
  const column = (node.loc?.start.column ?? 0) + 1;
  const lines = new Set([line, ...also.map((each) => each.loc?.start.line ?? 1)]);
  const seen = [...lines].slice(0, 5).map((each) => seenLine(module.lines[each - 1] ?? ""));
  return {
    finding: {
      rule: rules[rule],
      seen,
      fix,
      place: { file: module.file, line, column },
      ...(severity === undefined ? {} : { severity }),
    },
    file: module.file,
    line,
    column,
    module,
    node,
    change: module === at ? change : undefined,
  };
}
