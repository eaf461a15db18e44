import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { type Directive, type Parsed, parseNginx, type SyntaxProblem } from "./parse.ts";

/** A configuration with its includes in place. */
export interface Configuration {
  readonly directives: readonly Directive[];
  readonly problems: readonly (SyntaxProblem & { readonly file: string })[];
  /** The `include` lines whose file is not there. A pattern that matches nothing is no problem for nginx, and none here. */
  readonly missing: readonly Directive[];
  /** How many files were read. */
  readonly files: number;
}

/** nginx knows no limits here. What lies beyond is told in `missing`. */
const mostFiles = 5000;
const mostReads = 20_000;
const deepestInclude = 16;
/** No configuration written by hand comes near. */
const longestFile = 4_000_000;

/** Files that come with nginx, and that have nothing to say about sockets. */
const shipped =
  /(?:^|\/)(?:mime\.types|(?:fastcgi|scgi|uwsgi)_params|fastcgi\.conf|koi-(?:utf|win)|win-utf|modules-enabled\/.*)$/;

/** Where the texts come from: a disk, or a text that holds all of them. */
interface Source {
  /** The main file. */
  readonly main: string;
  read(path: string): Promise<string>;
  /** What a file is called in places. */
  shown(path: string): string;
  /** Two paths of one file have the same. */
  identity(path: string): Promise<string>;
  /** The files that an `include` of this file means. */
  find(pattern: string, from: string): Promise<readonly string[]>;
}

/**
 * Reads the file and what it includes. Included paths are looked for from the folder of the file, as nginx does with its main file; then from the
 * including file's folder; then from the folders above that hold an `nginx.conf`, as a file of `sites-enabled` expects. Of what `nginx -T` printed
 * the files are taken out of the text itself.
 *
 * @throws what reading the file itself throws; an included file that cannot be read is told in `missing`
 */
export async function readNginx(path: string, cwd: string): Promise<Configuration> {
  const absolute = resolve(cwd, path);
  const text = (await readFile(absolute, "utf8")).slice(0, longestFile);
  const source = dumped(text, shownAs(absolute, cwd)) ?? (await onDisk(absolute, cwd));
  const problems: (SyntaxProblem & { readonly file: string })[] = [];
  const missing: Directive[] = [];
  const cache = new Map<string, Promise<Parsed>>();
  let reads = 0;

  const parse = async (file: string): Promise<Parsed> => {
    const shown = source.shown(file);
    const parsed = parseNginx((await source.read(file)).slice(0, longestFile), shown);
    for (const { line, column, text, message } of parsed.problems)
      problems.push({ line, column, text, message, file: shown });
    return parsed;
  };

  const read = async (file: string, within: readonly string[]): Promise<readonly Directive[]> => {
    reads++;
    const parsed = cache.get(file) ?? parse(file);
    cache.set(file, parsed);
    return expand((await parsed).directives, file, within);
  };

  const expand = async (
    directives: readonly Directive[],
    file: string,
    within: readonly string[],
  ): Promise<readonly Directive[]> => {
    const all: Directive[] = [];
    for (const directive of directives) {
      const [pattern] = directive.args;
      if (directive.name === "include" && directive.block === undefined && pattern !== undefined)
        all.push(...(await included(directive, pattern, file, within)));
      else if (directive.block === undefined) all.push(directive);
      else all.push({ ...directive, block: await expand(directive.block, file, within) });
    }
    return all;
  };

  const included = async (directive: Directive, pattern: string, file: string, within: readonly string[]) => {
    const found = pattern.includes("\0") ? [] : await source.find(pattern, file);
    if (found.length === 0 && !/[*?[]/.test(pattern) && !shipped.test(pattern)) missing.push(directive);
    const all: Directive[] = [];
    for (const next of found) {
      const real = await source.identity(next);
      if (within.includes(real)) {
        const { line, column, text } = directive;
        problems.push({ file: directive.file, line, column, text, message: "the file includes itself" });
        continue;
      }
      try {
        if (within.length >= deepestInclude || reads >= mostReads) missing.push(directive);
        else all.push(...(await read(next, [...within, real])));
      } catch {
        missing.push(directive);
      }
    }
    return all;
  };

  const directives = await read(source.main, [await source.identity(source.main)]);
  return { directives, problems, missing, files: cache.size };
}

async function onDisk(main: string, cwd: string): Promise<Source> {
  const folder = dirname(main);
  const roots = [folder, ...(await mainFolders(folder))];
  return {
    main,
    read: (path) => readFile(path, "utf8"),
    shown: (path) => shownAs(path, cwd),
    identity: (path) => realpath(path).catch(() => path),
    find: (pattern, from) => find(pattern, [...roots, dirname(from)]),
  };
}

/** What `nginx -T` prints: every file, each after a line with its path. Lines keep the numbers that they have in the whole text. */
function dumped(text: string, shown: string): Source | undefined {
  const heads = [...text.matchAll(/^# configuration file (\/.*):\r?$/gm)];
  const [first] = heads;
  if (first?.[1] === undefined) return undefined;
  const main = first[1];
  const files = new Map(
    heads.map((head, at) => [head[1] ?? "", { from: head.index, to: heads[at + 1]?.index ?? text.length }] as const),
  );
  return {
    main,
    read: async (path) => {
      const { from, to } = files.get(path) ?? { from: 0, to: 0 };
      return "\n".repeat(text.slice(0, from).split("\n").length - 1) + text.slice(from, to);
    },
    shown: () => shown,
    identity: async (path) => path,
    find: async (pattern) => {
      const parts = posix.resolve(posix.dirname(main), pattern).split("/");
      return [...files.keys()].filter((path) => {
        const names = path.split("/");
        return names.length === parts.length && names.every((name, at) => matchesGlob(name, parts[at] ?? ""));
      });
    },
  };
}

/** Relative where it is below the folder one is in. With forward slashes. */
function shownAs(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return (below.startsWith("..") || isAbsolute(below) ? path : below).split(sep).join("/");
}

async function mainFolders(from: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    if ((await names(folder)).includes("nginx.conf")) found.push(folder);
    if (dirname(folder) === folder) return found;
  }
}

async function names(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder).catch(() => []);
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

/** The files that a path or pattern means, from the first of these folders where it means any. */
async function find(pattern: string, folders: readonly string[]): Promise<readonly string[]> {
  for (const folder of isAbsolute(pattern) ? ["/"] : folders) {
    let found = [folder];
    for (const part of pattern.split("/").filter((part) => part !== "" && part !== ".")) {
      const next = await Promise.all(found.map((parent) => step(parent, part)));
      found = next.flat();
      if (found.length > mostFiles) break;
    }
    if (found.length > 0) return found.slice(0, mostFiles);
  }
  return [];
}

async function step(parent: string, part: string): Promise<readonly string[]> {
  if (part === "..") return [dirname(parent)];
  const inside = await names(parent);
  return inside.filter((name) => matchesGlob(name, part)).map((name) => join(parent, basename(name)));
}

/** Whether a name is what a pattern of `*`, `?` and `[abc]` means. In time proportional to both lengths multiplied. */
export function matchesGlob(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const parts = pattern.match(/\[!?\]?[^\]]*\]|[^]/g) ?? [];
  let at = 0;
  let part = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part++;
      starAt = at;
    } else if (wanted !== undefined && matchesOne(name.charAt(at), wanted)) {
      part++;
      at++;
    } else if (star !== -1) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === "*");
}

function matchesOne(char: string, part: string): boolean {
  if (part === "?") return true;
  if (part.length === 1) return part === char;
  const negated = part.startsWith("[!");
  const set = part.slice(negated ? 2 : 1, -1);
  let found = false;
  for (let at = 0; at < set.length; at++) {
    if (set.charAt(at + 1) === "-" && at + 2 < set.length) {
      found ||= char >= set.charAt(at) && char <= set.charAt(at + 2);
      at += 2;
    } else found ||= set.charAt(at) === char;
  }
  return found !== negated;
}
