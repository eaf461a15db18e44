import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { auditFiles } from "../../cli/src/audit/audit.ts";
import { changedBy, type Fixable } from "../../cli/src/audit/changes.ts";
import { walk } from "../../cli/src/source/walk.ts";
import type { Case } from "../../cli/test/audit-projects/case.ts";
import { cases } from "../../cli/test/audit-projects/cases.ts";

/** One of the audit's own examples, written to the disk, with what `wsorigin audit` says of it. */
export interface WrittenCase {
  readonly what: string;
  readonly folder: string;
  readonly files: Case["files"];
  readonly found: readonly Fixable[];
}

/** Writes all examples of the audit below one folder, and runs the audit on each. */
export async function writeCases(): Promise<{ readonly root: string; readonly written: readonly WrittenCase[] }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "eslint-plugin-")));
  const written: WrittenCase[] = [];
  for (const [index, { what, files }] of cases.entries()) {
    const folder = join(root, `${index}`);
    // Without one, the file's own folder would be its package.
    await writeFiles(folder, { "package.json": '{ "type": "module" }', ...files });
    const walked = await walk(folder, new AbortController().signal);
    const { found } = await auditFiles(walked, { ignored: new Set(), goOn: () => Promise.resolve() });
    written.push({ what, folder, files, found });
  }
  return { root, written };
}

export async function writeFiles(folder: string, files: Case["files"]): Promise<void> {
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
}

export async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true });
}

/** `origin-prefix app.js:3:34`, in the order of places. */
export function told({ finding }: Fixable): string {
  const { file, line, column } = finding.place ?? {};
  return `${finding.rule.name} ${file}:${line}:${column}`;
}

/** The text of the file with the audit's change for one finding. */
export function after(found: Fixable): string | undefined {
  return changedBy(found, true);
}
