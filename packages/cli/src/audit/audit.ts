import type { Finding, Step } from "../finding.ts";
import type { Raw } from "./check.ts";
import { checks } from "./checks/index.ts";
import { ignoresIn, type Ignore } from "./ignore.ts";
import type { Module } from "../source/module.ts";
import { importedBy } from "../source/names.ts";
import { parseFile } from "../source/parse.ts";
import { Project } from "../source/project.ts";
import { rules } from "./rules.ts";
import { seenLine } from "./seen.ts";
import type { Walked } from "../source/walk.ts";

export interface AuditOptions {
  /** Ids of rules that are not asked about. */
  readonly ignored: ReadonlySet<string>;
  /** Called before each file, and waited for. What it throws ends the audit. */
  readonly goOn: () => Promise<void>;
}

export interface Audited {
  readonly findings: readonly Finding[];
  readonly steps: readonly Step[];
}

/** What a file must mention to be worth parsing. */
const worthwhile =
  /socket|sockjs|engine\.io|@wsorigin|modelcontextprotocol|\bUPGRADE\b|elysia|\bws\b|\bwss?:|origins?\b|cors\b|upgrade\b/i;

/** At the most so many files are named that were skipped. */
const named = 20;

/**
 * Looks for sockets that ask nobody, and for checks that let others in, in sources that were read. Reads nothing itself. Never rejects
 * whatever the sources are; with `goOn` it may.
 */
export async function auditFiles(
  { files, packages, skipped, tests, beyond }: Walked,
  { ignored, goOn }: AuditOptions,
): Promise<Audited> {
  const modules: Module[] = [];
  const failed: { file: string; reason: string }[] = [...skipped];
  const relevant = files.filter(({ source }) => worthwhile.test(source));
  for (const { file, source } of [...relevant, ...importedBy(relevant, files, 2)]) {
    await goOn();
    const parsed = parseFile(file, source);
    if ("modules" in parsed) modules.push(...parsed.modules);
    else failed.push({ file, reason: parsed.reason });
  }
  const unread = new Set(failed.map(({ file }) => file));
  const read = relevant.filter(({ file }) => !unread.has(file)).length;
  const project = new Project(files, modules, packages);
  project.link();
  const raws: Raw[] = [];
  for (const module of modules) {
    await goOn();
    try {
      for (const check of checks) raws.push(...check(module, project));
    } catch (error) {
      // What nests too deeply for the parser's heirs as well.
      failed.push({ file: module.file, reason: error instanceof RangeError ? "nested too deeply" : "not understood" });
    }
  }
  const { kept, unwanted, commented } = sift(raws, ignored);
  const steps: Step[] = [
    {
      name: "files",
      outcome: "ok",
      detail: `${count(files.length, "file")} read, ${read} with sockets, origins or CORS looked into`,
    },
  ];
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
  return { findings: kept.toSorted(byPlace).map(({ finding }) => finding), steps };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

interface Placed {
  readonly finding: Finding;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

function byPlace(a: Placed, b: Placed): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  if (a.column !== b.column) return a.column - b.column;
  return a.finding.rule.id < b.finding.rule.id ? -1 : 1;
}

function sift(
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
    else if (ignores.some(({ ids, line }) => ids.has(id) && (line === placed.line || line === placed.line - 1)))
      commented += 1;
    else kept.push(placed);
  }
  return { kept, unwanted, commented };
}

function place({ rule, module: at, node, also = [], fix, severity }: Raw): Placed {
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
  };
}
