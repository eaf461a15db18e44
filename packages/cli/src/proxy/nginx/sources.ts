import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, posix, relative, sep } from "node:path";
import { longestInput } from "../limits.ts";
import { isGlob, matchesGlob } from "./glob.ts";

/** Where the texts come from: a disk, or a text that holds all of them. */
export interface Source {
  /** The main file. */
  readonly main: string;
  /** @throws where the file cannot be read, or is too long */
  read(path: string): Promise<string>;
  /** What a file is called in places. */
  shown(path: string): string;
  /** Two paths of one file have the same. */
  identity(path: string): Promise<string>;
  /** The files that an `include` of this file means; `undefined` where that cannot be told, because the file or the folder is not there. */
  find(pattern: string, from: string): Promise<readonly string[] | undefined>;
}

/** nginx knows no limit here. */
const mostFiles = 5000;

/** Relative where it is below the folder one is in. With forward slashes. */
export function shownAs(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return (below.startsWith("..") || isAbsolute(below) ? path : below).split(sep).join("/");
}

/** @param text of the main file, which is not read again */
export async function onDisk(main: string, text: string, cwd: string): Promise<Source> {
  const folder = dirname(main);
  const names = nameReader();
  const above = foldersAbove(folder);
  const roots = [folder];
  for (const each of above) if ((await names(each))?.includes("nginx.conf") === true) roots.push(each);
  const whole = roots.length > 1 || basename(main) === "nginx.conf";
  let left = longestInput;

  return {
    main,
    read: async (path) => {
      if (path === main) return text;
      const { size } = await stat(path);
      if (size > left) throw new Error(`all files together are longer than ${longestInput} bytes`);
      left -= size;
      return readFile(path, "utf8");
    },
    shown: (path) => shownAs(path, cwd),
    identity: (path) => realpath(path).catch(() => path),
    find: async (pattern, from) => {
      const relatives = () =>
        [...new Set([...roots, dirname(from)])].map((root) => ({ root, parts: partsOf(pattern) }));
      const tries = isAbsolute(pattern) || pattern.startsWith("/") ? mapped(pattern, main) : relatives();
      for (const { root, parts } of tries) {
        const found = await search(root, parts, names);
        // An empty folder of this machine says nothing about the one that a copied file is from.
        if (found === undefined || (root === "/" && found.length === 0 && !isLocal(pattern, main))) continue;
        return found.filter((path) => path !== main).slice(0, mostFiles);
      }
      // A pattern that matches nothing is no error for nginx. That it matches nothing is known where the main file's folder is.
      return isGlob(pattern) && !pattern.startsWith("/") && whole ? [] : undefined;
    },
  };
}

interface Try {
  readonly root: string;
  readonly parts: readonly string[];
}

/**
 * Where a file may be that a configuration names by the path it has on its own machine: below one of the folders around the main file, as in
 * `rootfs/etc/nginx`, by as long an end of its path as can be found; or there itself, if this is that machine.
 */
function mapped(pattern: string, main: string): readonly Try[] {
  const parts = partsOf(pattern);
  const itself: Try = { root: "/", parts };
  const around = [dirname(main), ...foldersAbove(dirname(main))].filter((folder) => folder !== dirname(folder));
  const ends = parts.flatMap((first, at) => {
    const end = parts.slice(at);
    // The last part alone says little: it has to be a name, beside the main file.
    if (isGlob(first)) return [];
    return (end.length === 1 ? around.slice(0, 1) : around).map((root) => ({ root, parts: end }));
  });
  return isLocal(pattern, main) ? [itself, ...ends] : [...ends, itself];
}

/** Whether the main file is where the pattern says that nginx is configured: below `/etc/nginx`. */
function isLocal(pattern: string, main: string): boolean {
  return main.startsWith(`/${partsOf(pattern).slice(0, 2).join("/")}/`);
}

function partsOf(pattern: string): readonly string[] {
  return pattern.split("/").filter((part) => part !== "" && part !== ".");
}

function foldersAbove(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) found.push(dirname(at));
  return found;
}

type NameReader = (folder: string) => Promise<readonly string[] | undefined>;

/** Reads each folder once. Of a folder that is not there nothing is known. */
function nameReader(): NameReader {
  const known = new Map<string, Promise<readonly string[] | undefined>>();
  return (folder) => {
    const found =
      known.get(folder) ??
      readdir(folder).then(
        (names) => names.toSorted((a, b) => (a < b ? -1 : 1)),
        () => undefined,
      );
    known.set(folder, found);
    return found;
  };
}

/** The files that these parts of a path mean, sorted; `undefined` where the file, or the folder that a pattern looks into, is not there. */
async function search(
  root: string,
  parts: readonly string[],
  names: NameReader,
): Promise<readonly string[] | undefined> {
  let found = [root];
  let pattern = false;
  for (const part of parts) {
    pattern ||= isGlob(part);
    const next = await Promise.all(found.map((parent) => step(parent, part, names)));
    if (!pattern && next.every((each) => each === undefined)) return undefined;
    found = next.flatMap((each) => each ?? []);
    if (isGlob(part) && next.every((each) => each === undefined)) return undefined;
    if (found.length > mostFiles) break;
  }
  return found.length === 0 && !pattern ? undefined : found;
}

/** What a folder holds of it. A name that is not there is `undefined`; a pattern that matches nothing is an empty list. */
async function step(parent: string, part: string, names: NameReader): Promise<readonly string[] | undefined> {
  if (part === "..") return [dirname(parent)];
  const inside = await names(parent);
  if (inside === undefined) return undefined;
  if (isGlob(part)) return inside.filter((name) => matchesGlob(name, part)).map((name) => join(parent, name));
  return inside.includes(part) ? [join(parent, part)] : undefined;
}

/** What `nginx -T` prints: every file, each after a line with its path. Lines keep the numbers that they have in the whole text. */
export function dumped(text: string, shown: string): Source | undefined {
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
      const found = [...files.keys()].filter((path) => {
        const names = path.split("/");
        return names.length === parts.length && names.every((name, at) => matchesGlob(name, parts[at] ?? ""));
      });
      return found.length === 0 && !isGlob(pattern) ? undefined : found;
    },
  };
}
