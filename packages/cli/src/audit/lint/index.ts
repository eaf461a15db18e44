// What `wsorigin/audit` exports: the audit for linters. Its declarations stand by themselves.
import { join } from "node:path";
import { docsOf } from "../../finding.ts";
import { textOf } from "../../source/disk.ts";
import { changedBy, type Fixable, isModuleManifest } from "../changes.ts";
import { changedRules } from "../changed-rules.ts";
import { rules } from "../rules.ts";
import { editBetween } from "./edit-between.ts";
import { type InPackage, lookInto, lookIntoText } from "./packages.ts";

/** A rule of `wsorigin audit`. */
export interface AuditRule {
  /** Never given to another rule: `WSO206`. */
  readonly id: string;
  /** In kebab-case: `ws-unguarded`. */
  readonly name: string;
  readonly severity: "failure" | "warning" | "note";
  /** What is wrong, in one sentence. */
  readonly title: string;
  /** What to do about it, in general. */
  readonly advice: string;
  /** The rule's documentation. */
  readonly url: string;
  /**
   * Whether some of its findings come with an edit. A `fix` changes nothing for what browsers send. A `suggestion` may need a package to be installed, or refuse
   * pages that got in before.
   */
  readonly edits: "fix" | "suggestion" | undefined;
}

/** A text to look into. */
export interface AuditSource {
  /** The absolute path of the file, which does not need to exist. Without it, nothing is known of what the text imports. */
  readonly file?: string | undefined;
  /** The text as it is now, without a byte order mark. It may differ from the file on the disk. */
  readonly text: string;
}

/** A place in the text where a rule is broken. */
export interface AuditFinding {
  /** The rule's name. */
  readonly rule: string;
  /** Offsets in the text, in UTF-16 units. */
  readonly range: readonly [start: number, end: number];
  readonly edit?: AuditEdit | undefined;
}

/** An edit that removes a finding. */
export interface AuditEdit {
  readonly range: readonly [start: number, end: number];
  readonly text: string;
  readonly kind: "fix" | "suggestion";
}

/** Every rule of `wsorigin audit`, ordered by id. */
export const auditRules: readonly AuditRule[] = Object.entries(rules)
  .map(([key, rule]): AuditRule => {
    const { id, name, severity, title, fix } = rule;
    return { id, name, severity, title, advice: fix, url: docsOf(rule), edits: changedRules.get(key) };
  })
  .toSorted((one, two) => one.id.localeCompare(two.id));

/**
 * Returns what `wsorigin audit` finds in one file: sockets without an origin check, and checks that admit foreign origins. Reads the other sources of the file's
 * package, because a guard may stand in any of them, and keeps them in memory until they change. Synchronous. Returns nothing for tests, and for what
 * cannot be parsed.
 */
export function auditSource({ file, text }: AuditSource): readonly AuditFinding[] {
  const looked = file === undefined ? lookIntoText(text) : lookInto(file, text);
  if (looked === undefined) return [];
  const shift = looked.source === text ? 0 : looked.source.indexOf(text);
  return looked.found.flatMap((each) => {
    const finding = findingOf(each, looked, shift);
    return finding.range[0] < 0 || finding.range[1] > text.length ? [] : [finding];
  });
}

function findingOf(found: Fixable, looked: InPackage, shift: number): AuditFinding {
  const { node, finding, change } = found;
  const range = [(node.start ?? 0) - shift, (node.end ?? 0) - shift] as const;
  const after = change === undefined || shift > 0 ? undefined : changedBy(found, isEsm(looked));
  if (after === undefined) return { rule: finding.rule.name, range };
  const kind = change?.safe === true ? "fix" : "suggestion";
  return { rule: finding.rule.name, range, edit: { ...editBetween(looked.source, after), kind } };
}

/** Whether a `.js` file is an ES module by its package. */
function isEsm({ folder, file }: InPackage): boolean {
  const parts = file.split("/").slice(0, -1);
  for (let count = parts.length; count >= 0; count -= 1) {
    const manifest = textOf(join(folder, ...parts.slice(0, count), "package.json"));
    if (manifest !== "") return isModuleManifest(manifest);
  }
  return false;
}
