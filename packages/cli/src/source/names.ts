import { posix } from "node:path";
import type { SourceFile } from "./walk.ts";

/** Files by what they may be imported as. */
export class Names {
  readonly #files: ReadonlySet<string>;
  readonly #ends = new Map<string, string | undefined>();

  constructor(files: readonly string[]) {
    this.#files = new Set(files);
    for (const file of files) {
      // `@/lib/auth` may be `src/lib/auth.ts`: where only one file ends so, it is that one.
      const parts = bareName(file).split("/");
      for (let at = 1; at < parts.length; at += 1) {
        const end = parts.slice(at).join("/");
        this.#ends.set(end, this.#ends.has(end) ? undefined : file);
      }
    }
  }

  resolve(file: string, from: string): string | undefined {
    if (/^\.{1,2}(?:\/|$)/.test(from)) return this.#file(posix.join(posix.dirname(file), from));
    const alias = /^(?:@|~|#|\$lib|src)\/?(?=[^/])(.+)$/.exec(from);
    if (alias === null) return undefined;
    return this.#file(from) ?? this.#ends.get(bareName(alias[1] ?? ""));
  }

  #file(path: string): string | undefined {
    if (this.#files.has(path)) return path;
    const base = path.replace(/\.[cm]?jsx?$/, "");
    for (const end of ["ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs", "vue", "svelte"]) {
      for (const name of [`${path}.${end}`, `${base}.${end}`, `${path}/index.${end}`])
        if (this.#files.has(name)) return name;
    }
    return undefined;
  }
}

function bareName(file: string): string {
  return file.replace(/(?:\/index)?\.[cm]?[jt]sx?$/, "");
}

const imports = new WeakMap<SourceFile, readonly string[]>();

/** What a file imports, by its text: also of files that are not parsed. */
export function importsOf(file: SourceFile): readonly string[] {
  const found = imports.get(file) ?? importsIn(file.source);
  imports.set(file, found);
  return found;
}

function importsIn(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"'\n]{1,200})["']/g))
    if (match[1] !== undefined) found.push(match[1]);
  return found;
}

/** The files that some others import, and what those import in turn, so many files deep. */
export function importedBy(first: readonly SourceFile[], files: readonly SourceFile[], depth: number): SourceFile[] {
  const names = new Names(files.map(({ file }) => file));
  const byName = new Map(files.map((each) => [each.file, each]));
  const known = new Set(first.map(({ file }) => file));
  const found: SourceFile[] = [];
  let last = first;
  for (let round = 0; round < depth && last.length > 0; round += 1) {
    const next: SourceFile[] = [];
    for (const importing of last)
      for (const from of importsOf(importing)) {
        const target = names.resolve(importing.file, from);
        const other = target === undefined || known.has(target) ? undefined : byName.get(target);
        if (other === undefined) continue;
        known.add(other.file);
        next.push(other);
      }
    found.push(...next);
    last = next;
  }
  return found;
}
