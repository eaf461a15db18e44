import { type ParsedScripts, modulesOf, parseScripts } from "../../source/parse.ts";
import { Project } from "../../source/project.ts";
import type { Module } from "../../source/module.ts";
import type { SourceFile } from "../../source/walk.ts";
import type { Fixable } from "../changes.ts";
import type { Raw } from "../check.ts";
import { checks } from "../checks/index.ts";
import { byPlace, sift } from "../sift.ts";
import { worthParsing } from "../worth-parsing.ts";

const none: ReadonlySet<string> = new Set();

/** The audit of one package, file by file, as linters ask for it: whatever did not change is neither parsed nor checked again. */
export class PackageAudit {
  #parsed = new WeakMap<SourceFile, ParsedScripts>();
  #files: readonly SourceFile[] = [];
  #project: Project | undefined;
  #raws = new Map<Module, readonly Raw[]>();

  /** @param files the same objects for the same texts */
  update(files: readonly SourceFile[], packages: readonly string[]): void {
    if (this.#project !== undefined && isSame(files, this.#files)) return;
    this.#files = files;
    this.#raws = new Map();
    // Modules know where names lead in one project, so each project has its own.
    this.#project = new Project(files, this.#modulesOf(files), packages);
    this.#project.link();
  }

  /** What is found in one file, in the order of the source. */
  findingsIn(file: string): readonly Fixable[] {
    const project = this.#project;
    if (project === undefined || project.modules.every((each) => each.file !== file)) return [];
    const raws = project.lookingInto(file).flatMap((module) => this.#rawsOf(module, project));
    const { kept } = sift(raws, none);
    return kept.filter((each) => each.file === file).toSorted(byPlace);
  }

  #rawsOf(module: Module, project: Project): readonly Raw[] {
    const known = this.#raws.get(module);
    if (known !== undefined) return known;
    const found: Raw[] = [];
    try {
      for (const check of checks) found.push(...check(module, project));
    } catch {
      // What cannot be followed, such as deep nesting: a linter goes on with the other files. `wsorigin audit` names this one.
    }
    this.#raws.set(module, found);
    return found;
  }

  #modulesOf(files: readonly SourceFile[]): Module[] {
    const { relevant, imported } = worthParsing(files);
    return [...relevant, ...imported].flatMap((each) => {
      const parsed = this.#parsed.get(each) ?? parseScripts(each.file, each.source);
      this.#parsed.set(each, parsed);
      const made = "parts" in parsed ? modulesOf(parsed) : parsed;
      return "modules" in made ? made.modules : [];
    });
  }
}

function isSame(one: readonly SourceFile[], two: readonly SourceFile[]): boolean {
  return one.length === two.length && one.every((file, index) => file === two[index]);
}
