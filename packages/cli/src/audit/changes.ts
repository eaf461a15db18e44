import type { Change } from "../change/apply.ts";
import { Edit } from "../change/edit.ts";
import type { Finding } from "../finding.ts";
import type { Module } from "../source/module.ts";
import type { Node } from "../source/nodes.ts";
import { parseFile } from "../source/parse.ts";
import type { Rewrite } from "./check.ts";

/** A finding, and what would change for it. */
export interface Fixable {
  readonly finding: Finding;
  readonly module: Module;
  readonly node: Node;
  readonly change: Rewrite | undefined;
}

export interface Fixes {
  readonly changes: readonly Change[];
  /** Findings that the changes are for. */
  readonly fixed: readonly Finding[];
  /** Findings that have to be changed by hand. */
  readonly left: readonly Finding[];
}

/** The changes for what was found, for each file all that it needs or none. */
export function changesFor(found: readonly Fixable[], esm: (file: string) => boolean): Fixes {
  const byModule = new Map<Module, Fixable[]>();
  for (const each of found) byModule.set(each.module, [...(byModule.get(each.module) ?? []), each]);
  const changes: Change[] = [];
  const fixed: Finding[] = [];
  const left: Finding[] = [];
  for (const [module, all] of byModule) {
    const change = changeOf(module, all, esm(module.file));
    if (change !== undefined) changes.push(change);
    for (const { finding, change: own } of all)
      (change !== undefined && own !== undefined ? fixed : left).push(finding);
  }
  return { changes, fixed, left };
}

/** The text of a file with the change for one finding, where there is a change. */
export function changedBy(found: Fixable, esm: boolean): string | undefined {
  return changeOf(found.module, [found], esm)?.after;
}

/** Whether the `.js` files beside a `package.json` are ES modules. */
export function isModuleManifest(manifest: string): boolean {
  return /"type"\s*:\s*"module"/.test(manifest);
}

function changeOf(module: Module, all: readonly Fixable[], esm: boolean): Change | undefined {
  // In files with scripts among other things places are not those of the file.
  if (!/\.[cm]?[jt]sx?$/i.test(module.file)) return undefined;
  const made = new Set<string>();
  const edit = new Edit(module, esm);
  try {
    for (const { change } of all) {
      if (change === undefined || made.has(change.key)) continue;
      made.add(change.key);
      change.make(edit);
    }
  } catch {
    return undefined; // Two changes of one place.
  }
  if (made.size === 0) return undefined;
  const after = edit.finish();
  const parses = "modules" in parseFile(module.file, after);
  return parses ? { file: module.file, before: module.source, after } : undefined;
}
