import { type Guard, guardsIn } from "./guards.ts";
import type { Module } from "./module.ts";
import { type FunctionNode, isFunction, type Node } from "./nodes.ts";
import { knowVerifiers } from "./origin.ts";
import { importsOf, Names } from "./names.ts";
import type { SourceFile } from "./walk.ts";

/** All modules that were parsed, with what binds them: packages, imports, guards. */
export class Project {
  readonly modules: readonly Module[];
  readonly #units: readonly string[];
  readonly #byFile = new Map<string, Module[]>();
  readonly #imports = new Map<string, ReadonlySet<string>>();
  readonly #importers = new Map<string, Set<string>>();
  /** What is imported from, by the folder of the package that imports it. */
  readonly #packages = new Map<string, Set<string>>();
  #guards: Map<string, Guard[]> | undefined;
  readonly #around = new Map<string, ReadonlySet<string>>();

  constructor(files: readonly SourceFile[], modules: readonly Module[], packages: readonly string[]) {
    this.modules = modules;
    this.#units = packages.toSorted((a, b) => b.length - a.length);
    for (const module of modules) this.#byFile.set(module.file, [...(this.#byFile.get(module.file) ?? []), module]);
    const names = new Names(files.map(({ file }) => file));
    for (const each of files) {
      const { file } = each;
      const imported = new Set<string>();
      for (const from of importsOf(each)) {
        const found = names.resolve(file, from);
        if (found !== undefined && found !== file) imported.add(found);
      }
      this.#imports.set(file, imported);
      for (const target of imported) this.#importers.set(target, (this.#importers.get(target) ?? new Set()).add(file));
    }
    this.#names = names;
    for (const module of modules) {
      const unit = this.unit(module.file);
      const used = this.#packages.get(unit) ?? new Set<string>();
      this.#packages.set(unit, used);
      for (const name of module.packages) used.add(name);
    }
  }

  readonly #names: Names;

  /** The nearest folder with a `package.json`. */
  unit(file: string): string {
    return this.#units.find((unit) => unit === "" || file.startsWith(`${unit}/`)) ?? "";
  }

  /** Whether any module of the same package imports one of these. */
  uses(module: Module, packages: RegExp): boolean {
    const names = this.#packages.get(this.unit(module.file)) ?? new Set<string>();
    return [...names].some((name) => packages.test(name));
  }

  /** Has the modules follow names into each other. */
  link(): void {
    for (const module of this.modules) module.link((file, from) => this.#importedFrom(file, from));
    knowVerifiers(this.modules);
  }

  #importedFrom(file: string, from: string): Module[] {
    const found = this.#names.resolve(file, from);
    return found === undefined || found === file ? [] : (this.#byFile.get(found) ?? []);
  }

  /** The modules of what a module imports by such a path. */
  imported(module: Module, from: string): Module[] {
    const file = this.#names.resolve(module.file, from);
    return file === undefined ? [] : (this.#byFile.get(file) ?? []);
  }

  /** A module, and those of the project that it imports, not theirs. */
  withImports(module: Module): Module[] {
    const files = [...(this.#imports.get(module.file) ?? [])];
    return [module, ...files.flatMap((file) => this.#byFile.get(file) ?? [])];
  }

  /** The modules of a file, and those that import it, directly or not: whose checks may find something in it. */
  lookingInto(file: string): Module[] {
    const above = this.#closure(file, this.#importers, "up");
    return this.modules.filter((each) => each.file === file || above.has(each.file));
  }

  /** A module, and those of the package that a value of it may get to, or come from. */
  around(module: Module): Module[] {
    return this.siblings(module).filter((each) => this.#reaches(module.file, each.file));
  }

  /** All modules of the same package. */
  siblings(module: Module): Module[] {
    const unit = this.unit(module.file);
    return this.modules.filter((each) => this.unit(each.file) === unit);
  }

  /**
   * Whether wsorigin guards one of these servers or apps. Where it cannot be told which one a guard is for, or whose a server is, it does: what
   * is guarded should not be complained of.
   */
  guards(module: Module, servers: readonly Node[]): boolean {
    const guards = this.#guardsOf(module);
    if (guards.length === 0) return false;
    const own = servers.map((server) => module.identity(server));
    const known = own.length > 0 && own.every(({ made }) => made);
    const [first] = servers;
    const server = first === undefined || servers.length > 1 ? undefined : module.serverOf(first);
    return guards.some((guard) => {
      // Two servers of one app are two doors.
      if (server !== undefined && guard.server !== undefined) return server === guard.server;
      if (own.some(({ key }) => guard.keys.includes(key))) return true;
      if (guard.module !== module) return !known || this.#reaches(module.file, guard.module.file);
      return !known || !guard.made;
    });
  }

  /** The guards of a module's package. They are looked for when they are first asked for, so that names are followed. */
  #guardsOf(module: Module): readonly Guard[] {
    if (this.#guards === undefined) {
      this.#guards = new Map();
      for (const each of this.modules)
        for (const guard of guardsIn(each)) {
          const unit = this.unit(each.file);
          this.#guards.set(unit, [...(this.#guards.get(unit) ?? []), guard]);
        }
    }
    return this.#guards.get(this.unit(module.file)) ?? [];
  }

  /** Methods and functions of that name in the package of a module. */
  named(module: Module, name: string): readonly FunctionNode[] {
    const unit = this.unit(module.file);
    const known = this.#named.get(unit) ?? new Map<string, FunctionNode[]>();
    if (!this.#named.has(unit)) {
      this.#named.set(unit, known);
      for (const each of this.siblings(module))
        for (const node of each.nodes) {
          if (!isFunction(node)) continue;
          const own = each.nameOf(node);
          if (own !== undefined) known.set(own, [...(known.get(own) ?? []), node]);
        }
    }
    return known.get(name) ?? [];
  }

  readonly #named = new Map<string, Map<string, FunctionNode[]>>();

  /** Whether anything in reach of a module is guarded. */
  guarded(module: Module): boolean {
    const guards = this.#guardsOf(module);
    return guards.some((guard) => guard.module === module || this.#reaches(module.file, guard.module.file));
  }

  /** Whether a value of one file may get to another: one imports the other, or a third one both. */
  #reaches(first: string, second: string): boolean {
    if (first === second) return true;
    const above = this.#closure(first, this.#importers, "up");
    if (above.has(second)) return true;
    const upper = this.#closure(second, this.#importers, "up");
    if (upper.has(first)) return true;
    for (const file of above) if (upper.has(file)) return true;
    return false;
  }

  #closure(file: string, edges: ReadonlyMap<string, ReadonlySet<string>>, direction: string): ReadonlySet<string> {
    const known = this.#around.get(`${direction} ${file}`);
    if (known !== undefined) return known;
    const found = new Set<string>();
    const waiting = [file];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      for (const each of edges.get(next) ?? [])
        if (!found.has(each)) {
          found.add(each);
          waiting.push(each);
        }
    this.#around.set(`${direction} ${file}`, found);
    return found;
  }
}
