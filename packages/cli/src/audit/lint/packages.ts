import { relative } from "node:path";
import { Disk, packageFolder } from "../../source/disk.ts";
import { isMinified, isPassedOver, limits } from "../../source/sorting.ts";
import type { SourceFile } from "../../source/walk.ts";
import type { Fixable } from "../changes.ts";
import { PackageAudit } from "./package-audit.ts";

/** What is found in a file, and where the file belongs. */
export interface InPackage {
  readonly folder: string;
  /** Relative to the folder, with forward slashes. */
  readonly file: string;
  /** What was looked into: the whole file, of which a linter may have given a script only. */
  readonly source: string;
  readonly found: readonly Fixable[];
}

class Package {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #audit = new PackageAudit();
  /** The last text that was not the one on the disk. */
  #edited: SourceFile | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#disk = new Disk(folder);
  }

  lookInto(file: string, text: string): InPackage {
    const { files, packages } = this.#disk.look();
    const index = files.findIndex((each) => each.file === file);
    const saved = files[index]?.source;
    const source = saved !== undefined && isScriptOf(file, text, saved) ? saved : text;
    if (index < 0) this.#audit.update([...files, this.#edit(file, source)], packages);
    else this.#audit.update(saved === source ? files : files.with(index, this.#edit(file, source)), packages);
    return { folder: this.#folder, file, source, found: this.#audit.findingsIn(file) };
  }

  #edit(file: string, source: string): SourceFile {
    if (this.#edited?.file !== file || this.#edited.source !== source) this.#edited = { file, source };
    return this.#edited;
  }
}

/** Oxlint gives the scripts of such files one by one, without what is around them. */
function isScriptOf(file: string, text: string, saved: string): boolean {
  return /\.(?:vue|svelte|html?)$/i.test(file) && !/<script\b/i.test(text) && saved.includes(text);
}

const packages = new Map<string, Package>();

/** How many packages are kept in memory. Linters go through a workspace folder by folder. */
const most = 8;

function packageAt(folder: string): Package {
  const found = packages.get(folder) ?? new Package(folder);
  packages.delete(folder);
  packages.set(folder, found);
  const [oldest] = packages.keys();
  if (packages.size > most && oldest !== undefined) packages.delete(oldest);
  return found;
}

/** Looks into a file as it is in an editor, with the other files of its package as they are on the disk. `undefined` for tests and minified files. */
export function lookInto(path: string, text: string): InPackage | undefined {
  const folder = packageFolder(path);
  const file = relative(folder, path).replaceAll("\\", "/");
  if (isPassedOver(file) || text.length > limits.size || isMinified(text)) return undefined;
  return packageAt(folder).lookInto(file, text);
}

/** Looks into a text that is no file: nothing is known of what it imports. */
export function lookIntoText(source: string): InPackage {
  const file = "input.js";
  const audit = new PackageAudit();
  audit.update([{ file, source }], [""]);
  return { folder: "", file, source, found: audit.findingsIn(file) };
}
