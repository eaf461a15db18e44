import { posix } from "node:path";
import type { Module } from "./module.ts";
import { isA, methodOf, type Node, propertyOf } from "./nodes.ts";
import type { SourceFile } from "./walk.ts";

/** A server or app that wsorigin guards. */
interface Guard {
  readonly module: Module;
  /** None where it cannot be told which. */
  readonly keys: readonly string[];
  readonly made: boolean;
}

/** All modules that were parsed, with what binds them: packages, imports, guards. */
export class Project {
  readonly modules: readonly Module[];
  readonly #units: readonly string[];
  readonly #byFile = new Map<string, Module[]>();
  readonly #imports = new Map<string, ReadonlySet<string>>();
  readonly #importers = new Map<string, Set<string>>();
  /** What is imported from, by the folder of the package that imports it. */
  readonly #packages = new Map<string, Set<string>>();
  readonly #guards = new Map<string, Guard[]>();
  readonly #around = new Map<string, ReadonlySet<string>>();

  constructor(files: readonly SourceFile[], modules: readonly Module[], packages: readonly string[]) {
    this.modules = modules;
    this.#units = packages.toSorted((a, b) => b.length - a.length);
    for (const module of modules) this.#byFile.set(module.file, [...(this.#byFile.get(module.file) ?? []), module]);
    const names = new Names(files.map(({ file }) => file));
    for (const { file, source } of files) {
      const imported = new Set<string>();
      for (const from of importsIn(source)) {
        const found = names.resolve(file, from);
        if (found !== undefined && found !== file) imported.add(found);
      }
      this.#imports.set(file, imported);
      for (const each of imported) this.#importers.set(each, (this.#importers.get(each) ?? new Set()).add(file));
    }
    this.#names = names;
    for (const module of modules) {
      const unit = this.unit(module.file);
      const used = this.#packages.get(unit) ?? new Set<string>();
      this.#packages.set(unit, used);
      for (const name of module.packages) used.add(name);
      for (const guard of guardsIn(module)) this.#guards.set(unit, [...(this.#guards.get(unit) ?? []), guard]);
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
    const guards = this.#guards.get(this.unit(module.file)) ?? [];
    if (guards.length === 0) return false;
    const own = servers.map((server) => module.identity(server));
    const known = own.length > 0 && own.every(({ made }) => made);
    return guards.some((guard) => {
      if (guard.module !== module) return !known || this.#reaches(module.file, guard.module.file);
      if (own.some(({ key }) => guard.keys.includes(key))) return true;
      return !known || !guard.made;
    });
  }

  /** Whether anything in reach of a module is guarded. */
  guarded(module: Module): boolean {
    const guards = this.#guards.get(this.unit(module.file)) ?? [];
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

/** Files by what they may be imported as. */
class Names {
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

/** What a source imports, by its text: also of files that are not parsed. */
function importsIn(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"'\n]{1,200})["']/g))
    if (match[1] !== undefined) found.push(match[1]);
  return found;
}

function guardsIn(module: Module): Guard[] {
  const guards: Guard[] = [];
  if ([...module.packages].every((name) => !name.startsWith("@wsorigin/"))) return guards;
  for (const call of module.calls) {
    const callee = module.exported(call.callee);
    const [first, second] = call.arguments;
    if (callee?.from.startsWith("@wsorigin/") === true && /^guard(?:With)?$/.test(callee.name)) {
      const options = module.objectOf(second);
      const app = options === undefined ? undefined : propertyOf(options, "app");
      guards.push(guardOf(module, [first, app]));
    }
    const method = methodOf(call);
    const registered = module.exported(first);
    if (method?.name === "register" && registered?.from === "@wsorigin/fastify" && registered.name === "wsorigin")
      guards.push(guardOf(module, [method.object]));
  }
  // A guard that is handed on, or called in a way that is not known here.
  const named = module.nodes.some((node) => {
    if (!isA(node, "Identifier") || isA(module.parent(node), "ImportSpecifier")) return false;
    const exported = module.exported(node);
    return exported?.from.startsWith("@wsorigin/") === true && /^(?:guard|guardWith|wsorigin)$/.test(exported.name);
  });
  return guards.length === 0 && named ? [{ module, keys: [], made: false }] : guards;
}

function guardOf(module: Module, nodes: readonly (Node | undefined)[]): Guard {
  const known = nodes.filter((node) => node !== undefined).map((node) => module.identity(node));
  return { module, keys: known.map(({ key }) => key), made: known.length > 0 && known[0]?.made === true };
}
