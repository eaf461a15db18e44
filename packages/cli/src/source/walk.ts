import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileKind, folderKind, isMinified, type Limits, limits } from "./sorting.ts";
import { SourceFolders } from "./source-folders.ts";

/** A file as it was found: `file` is relative to the folder, with forward slashes. */
export interface SourceFile {
  readonly file: string;
  readonly source: string;
}

export interface Walked {
  readonly files: readonly SourceFile[];
  /** Folders, relative, that hold a `package.json`; the audited folder is the empty text. */
  readonly packages: readonly string[];
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** How many files of tests were left out. */
  readonly tests: number;
  /** How many files there were, where that is more than could be read. */
  readonly beyond: number;
  /** The first file or folder that was not read, if reading was stopped. */
  readonly stoppedAt?: string | undefined;
}

/**
 * Reads the sources in a folder, in the order of their names. Follows no links, and leaves out what is installed, built or minified, and tests,
 * unless the folder itself is one of tests. `others` are names of more files to read. A folder
 * `node_modules` that holds sources, tracked by git, is read. Stops where the signal is aborted.
 *
 * @throws what `readdir` throws where the folder itself cannot be read
 */
export async function walk(
  folder: string,
  signal: AbortSignal,
  { files: most, size }: Limits = limits,
  others?: RegExp,
): Promise<Walked> {
  const files: SourceFile[] = [];
  const packages: string[] = [""];
  const skipped: { file: string; reason: string }[] = [];
  let tests = 0;
  let beyond = 0;
  let stoppedAt: string | undefined;
  const sourceFolders = new SourceFolders(folder);

  async function enter(path: string, relative: string): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true });
    if (relative !== "" && entries.some(({ name }) => name === "package.json")) packages.push(relative);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (signal.aborted) stoppedAt ??= inner;
      if (stoppedAt !== undefined) return;
      if (entry.isDirectory()) await enterFolder(join(path, entry.name), inner, entry.name);
      else if (entry.isFile()) await read(join(path, entry.name), inner, entry.name);
    }
  }

  async function enterFolder(path: string, relative: string, name: string): Promise<void> {
    const kind = folderKind(name);
    if (kind === "left out" && !(await sourceFolders.has(relative))) return;
    if (kind === "tests") {
      tests += await count(path);
      return;
    }
    try {
      await enter(path, relative);
    } catch (error) {
      skipped.push({ file: relative, reason: codeOf(error) });
    }
  }

  async function count(path: string): Promise<number> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    let found = 0;
    for (const entry of entries) {
      if (entry.isDirectory() && folderKind(entry.name) !== "left out") found += await count(join(path, entry.name));
      else if (entry.isFile() && fileKind(entry.name, others) !== "left out") found += 1;
    }
    return found;
  }

  async function read(path: string, file: string, name: string): Promise<void> {
    const kind = fileKind(name, others);
    if (kind === "left out") return;
    if (kind === "test") tests += 1;
    else if (files.length >= most) beyond += 1;
    else {
      try {
        const { size: bytes } = await lstat(path);
        if (bytes > size) skipped.push({ file, reason: `larger than ${size / 1000} kB` });
        else {
          const source = await readFile(path, "utf8");
          if (isMinified(source)) skipped.push({ file, reason: "minified" });
          else files.push({ file, source });
        }
      } catch (error) {
        skipped.push({ file, reason: codeOf(error) });
      }
    }
  }

  await enter(folder, "");
  return { files, packages, skipped, tests, beyond, stoppedAt };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? `cannot be read: ${String(error.code)}` : "cannot be read";
}
