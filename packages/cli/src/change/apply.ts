import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CannotRun } from "../command.ts";

/** A file as it is, and as it becomes. */
export interface Change {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** `undefined` for a new file. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * Writes all changes or none.
 *
 * @param command what is run again after a change in between, such as `wsorigin init`
 * @param force also where git reports changes that are not committed
 * @throws {CannotRun} if a file is not what it was when the changes were planned, or has uncommitted changes, or cannot be written
 */
export async function applyChanges(
  folder: string,
  changes: readonly Change[],
  force: boolean,
  command: string,
): Promise<void> {
  if (!force) await mustBeCommitted(folder, changes, command);
  await mustBeUnchanged(folder, changes, command);
  const prepared: Prepared[] = [];
  const done: Prepared[] = [];
  try {
    for (const change of changes) prepared.push(await prepare(folder, change));
    await mustBeUnchanged(folder, changes, command);
    for (const each of prepared) {
      await rename(each.temporary, each.path);
      done.push(each);
    }
  } catch (error) {
    for (const { path, change } of done)
      await (change.before === undefined ? rm(path, { force: true }) : writeFile(path, change.before));
    for (const { temporary } of prepared) await rm(temporary, { force: true });
    if (error instanceof CannotRun) throw error;
    throw new CannotRun(`Nothing was changed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

interface Prepared {
  readonly change: Change;
  readonly path: string;
  readonly temporary: string;
}

/** Writes the new text beside the file, with the file's own permissions. */
async function prepare(folder: string, change: Change): Promise<Prepared> {
  const path = join(folder, change.file);
  const temporary = `${path}.wsorigin-${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, change.after, { flag: "wx" });
  const mode = await stat(path).then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode !== undefined) await chmod(temporary, mode & 0o7777);
  return { change, path, temporary };
}

async function mustBeUnchanged(folder: string, changes: readonly Change[], command: string): Promise<void> {
  for (const { file, before } of changes) {
    const now = await readFile(join(folder, file), "utf8").catch(() => undefined);
    if (now !== before)
      throw new CannotRun(`${file} changed while ${command} was running. Nothing was written. Run ${command} again.`);
  }
}

const run = promisify(execFile);

async function mustBeCommitted(folder: string, changes: readonly Change[], command: string): Promise<void> {
  const files = changes.filter(({ before }) => before !== undefined).map(({ file }) => file);
  let dirty: string;
  try {
    ({ stdout: dirty } = await run("git", [
      "-C",
      folder,
      "status",
      "--porcelain",
      "--untracked-files=no",
      "--",
      ...files,
    ]));
  } catch {
    return; // Not a repository, or no git: there is nothing to compare with.
  }
  const names = dirty
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(3));
  if (names.length > 0)
    throw new CannotRun(
      `Uncommitted changes in ${names.join(", ")}. Nothing was written. Commit or stash them first, so that git shows what ${command} changed, or write --write --force.`,
    );
}
