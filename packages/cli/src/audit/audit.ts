import type { Finding, Report, Step } from "../finding.ts";
import type { Raw } from "./check.ts";
import type { Fixable } from "./changes.ts";
import { checks } from "./checks/index.ts";
import { type Failed, reasonOf } from "./failed.ts";
import { auditLanguages, otherLanguages } from "./languages/index.ts";
import type { Module } from "../source/module.ts";
import { parseFile } from "../source/parse.ts";
import { Project } from "../source/project.ts";
import { byPlace, sift } from "./sift.ts";
import { worthParsing } from "./worth-parsing.ts";
import type { SourceFile, Walked } from "../source/walk.ts";

export interface AuditOptions {
  /** Ids of rules that are not asked about. */
  readonly ignored: ReadonlySet<string>;
  /** Called before each file, and waited for. When it rejects, the audit ends with what it found until then. */
  readonly goOn: () => Promise<void>;
  /** The only files whose findings are wanted; the others are read for what these use. */
  readonly only?: ReadonlySet<string> | undefined;
}

export interface Audited {
  readonly findings: readonly Finding[];
  /** The same, with what would change for them. */
  readonly found: readonly Fixable[];
  /** Findings in files that are never changed: those in Python and Java. */
  readonly manual: readonly Finding[];
  readonly steps: readonly Step[];
  readonly incomplete: Report["incomplete"];
}

/** At the most so many files are named that were skipped. */
const named = 20;

/** How long what was parsed is looked into, in milliseconds, if the time was over before all was parsed. */
const grace = 2000;

/**
 * Finds sockets without an origin check, and checks that admit foreign origins, in sources that were read. Reads no file itself. Never rejects, whatever the
 * sources are.
 */
export async function auditFiles(walked: Walked, { ignored, goOn, only }: AuditOptions): Promise<Audited> {
  const { packages, skipped, stoppedAt } = walked;
  const files = walked.files.filter(({ file }) => !otherLanguages.test(file));
  const { relevant, imported } = worthParsing(files);
  const parsed = await parseAll([...relevant, ...imported], goOn);
  const failed = [...skipped, ...parsed.failed].filter(({ file }) => only === undefined || only.has(file));
  const unread = new Set(failed.map(({ file }) => file));
  const read = relevant.filter(({ file }) => !unread.has(file) && !parsed.left.includes(file)).length;
  const project = new Project(files, parsed.modules, packages);
  project.link();
  const wanted = only === undefined ? parsed.modules : parsed.modules.filter(({ file }) => only.has(file));
  const end = performance.now() + grace;
  const stopped = parsed.left.length > 0;
  const checked = await checkAll(wanted, project, stopped ? () => late(end) : goOn);
  failed.push(...checked.failed);
  const others = await auditLanguages(walked.files, { ignored, goOn, only });
  failed.push(...others.failed);
  const left = [...parsed.left, ...checked.left, ...others.left];
  const sifted = sift(checked.raws, ignored);
  const kept = sifted.kept.toSorted(byPlace);
  const unwanted = sifted.unwanted + others.unwanted;
  const commented = sifted.commented + others.commented;
  const steps = stepsOf(walked, { read: read + others.read, failed, left, ignored, unwanted, commented });
  // What was left out on purpose (too large, minified) was not meant to be read.
  const unreadable = failed.some(({ reason }) => !/^(?:larger|minified)/.test(reason));
  return {
    findings: [...kept.map(({ finding }) => finding), ...others.findings],
    found: kept,
    manual: others.findings,
    steps,
    incomplete: left.length > 0 || stoppedAt !== undefined ? "stopped" : unreadable ? "unread" : undefined,
  };
}

async function late(end: number): Promise<void> {
  if (performance.now() > end) throw new Error("Out of time.");
}

async function parseAll(
  files: readonly SourceFile[],
  goOn: () => Promise<void>,
): Promise<{ readonly modules: Module[]; readonly failed: readonly Failed[]; readonly left: readonly string[] }> {
  const modules: Module[] = [];
  const failed: Failed[] = [];
  for (const [index, { file, source }] of files.entries()) {
    if (await isOver(goOn)) return { modules, failed, left: files.slice(index).map((each) => each.file) };
    const parsed = parseFile(file, source);
    if ("modules" in parsed) modules.push(...parsed.modules);
    else failed.push({ file, reason: parsed.reason });
  }
  return { modules, failed, left: [] };
}

async function checkAll(
  modules: readonly Module[],
  project: Project,
  goOn: () => Promise<void>,
): Promise<{ readonly raws: readonly Raw[]; readonly failed: readonly Failed[]; readonly left: readonly string[] }> {
  const raws: Raw[] = [];
  const failed: Failed[] = [];
  for (const [index, module] of modules.entries()) {
    if (await isOver(goOn)) return { raws, failed, left: modules.slice(index).map(({ file }) => file) };
    try {
      for (const check of checks) raws.push(...check(module, project));
    } catch (error) {
      failed.push({ file: module.file, reason: reasonOf(error) });
    }
  }
  return { raws, failed, left: [] };
}

async function isOver(goOn: () => Promise<void>): Promise<boolean> {
  return goOn().then(
    () => false,
    () => true,
  );
}

interface Sifted {
  readonly read: number;
  readonly failed: readonly Failed[];
  readonly left: readonly string[];
  readonly ignored: ReadonlySet<string>;
  readonly unwanted: number;
  readonly commented: number;
}

function stepsOf(
  { files, tests, beyond, stoppedAt }: Walked,
  { read, failed, left, ignored, unwanted, commented }: Sifted,
): Step[] {
  const steps: Step[] = [
    {
      name: "files",
      outcome: "ok",
      detail: `${count(files.length, "file")} read, ${read} with sockets, origins or CORS looked into`,
    },
  ];
  if (stoppedAt !== undefined)
    steps.push({ name: "stopped", outcome: "failed", detail: `not read: ${stoppedAt} and everything after it` });
  if (left.length > 0)
    steps.push({
      name: "stopped",
      outcome: "failed",
      detail: `${count(left.length, "file")} not looked into: ${left.slice(0, 5).join(", ")}${left.length > 5 ? ", ..." : ""}. What they check or guard is not known.`,
    });
  if (tests > 0)
    steps.push({
      name: "tests",
      outcome: "skipped",
      detail: `${count(tests, "file")} of tests left out; name their folder to have them looked at`,
    });
  if (beyond > 0)
    steps.push({
      name: "too many files",
      outcome: "skipped",
      detail: `${count(beyond, "file")} more not read; name a folder within`,
    });
  const sorted = failed.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  for (const { file, reason } of sorted.slice(0, named)) steps.push({ name: file, outcome: "skipped", detail: reason });
  if (sorted.length > named)
    steps.push({ name: "others", outcome: "skipped", detail: count(sorted.length - named, "more file") });
  if (commented > 0)
    steps.push({ name: "ignored by comments", outcome: "skipped", detail: count(commented, "finding") });
  if (unwanted > 0)
    steps.push({
      name: "ignored by --ignore",
      outcome: "skipped",
      detail: `${count(unwanted, "finding")} of ${[...ignored].toSorted().join(", ")}`,
    });
  return steps;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
