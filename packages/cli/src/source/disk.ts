import { readdirSync, readFileSync, statSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { fileKind, folderKind, isMinified, limits } from "./sorting.ts";
import type { SourceFile } from "./walk.ts";

/** The sources of a folder at one moment. The same object as before where nothing changed. */
export interface Snapshot {
  readonly files: readonly SourceFile[];
  /** Folders, relative, that hold a `package.json`; the folder itself is the empty text. */
  readonly packages: readonly string[];
}

interface Kept {
  readonly stamp: string;
  /** `undefined` where it is too large, minified or unreadable. */
  readonly source: SourceFile | undefined;
}

/** The shortest time between two looks at one folder, in milliseconds. */
const pause = 500;

/**
 * The sources below one folder, for programs that ask again and again, such as editors. Reads synchronously, and a file only again when its time or size
 * changed. Looks at most twice a second, and at most for a twentieth of the time.
 */
export class Disk {
  readonly #folder: string;
  #kept = new Map<string, Kept>();
  #snapshot: Snapshot = { files: [], packages: [] };
  #next = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  look(): Snapshot {
    const started = performance.now();
    if (started < this.#next) return this.#snapshot;
    const before = this.#kept;
    const now = new Map<string, Kept>();
    const packages = [""];
    this.#enter("", before, now, packages);
    this.#kept = now;
    const files = [...now.values()].flatMap(({ source }) => (source === undefined ? [] : [source]));
    if (!isSame(this.#snapshot, { files, packages })) this.#snapshot = { files, packages };
    this.#next = performance.now() + Math.max(pause, 20 * (performance.now() - started));
    return this.#snapshot;
  }

  #enter(relative: string, before: ReadonlyMap<string, Kept>, now: Map<string, Kept>, packages: string[]): void {
    const entries = attempt(() => readdirSync(join(this.#folder, relative), { withFileTypes: true })) ?? [];
    if (relative !== "" && entries.some(({ name }) => name === "package.json")) packages.push(relative);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (now.size >= limits.files) return;
      if (entry.isDirectory() && folderKind(entry.name) === "sources") this.#enter(inner, before, now, packages);
      else if (entry.isFile() && fileKind(entry.name) === "source") this.#keep(inner, before.get(inner), now);
    }
  }

  #keep(file: string, known: Kept | undefined, now: Map<string, Kept>): void {
    const path = join(this.#folder, file);
    const stats = attempt(() => statSync(path));
    const stamp = stats === undefined ? "" : stampOf(stats);
    now.set(file, known?.stamp === stamp ? known : { stamp, source: read(path, file, stats) });
  }
}

function read(path: string, file: string, stats: Stats | undefined): SourceFile | undefined {
  if (stats === undefined || stats.size > limits.size) return undefined;
  const source = attempt(() => readFileSync(path, "utf8"));
  return source === undefined || isMinified(source) ? undefined : { file, source: withoutMark(source) };
}

/** Linters count places from behind a byte order mark. */
function withoutMark(source: string): string {
  return source.startsWith("\ufeff") ? source.slice(1) : source;
}

function stampOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}

function isSame(one: Snapshot, two: Snapshot): boolean {
  return (
    one.files.length === two.files.length &&
    one.files.every((file, index) => file === two.files[index]) &&
    one.packages.join("\n") === two.packages.join("\n")
  );
}

/** The folder of the nearest `package.json` above a file. Without one, the file's own folder. */
export function packageFolder(path: string): string {
  const own = dirname(path);
  for (let folder = own; ; folder = dirname(folder)) {
    if (attempt(() => statSync(join(folder, "package.json")))?.isFile() === true) return folder;
    if (folder === dirname(folder)) return own;
  }
}

/** The text of a file, empty where there is none. */
export function textOf(path: string): string {
  return attempt(() => readFileSync(path, "utf8")) ?? "";
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined; // Gone, or not ours to read.
  }
}
