import type { Module } from "../source/module.ts";
import type { Node, ObjectNode } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import { Edit } from "../change/edit.ts";
import type { Framework } from "./place.ts";
import { inBrackets, policyImports, policyLines, type PolicyPlan } from "./policy.ts";
import { topStatementOf } from "./shape.ts";

/** What is known when the guards are written. */
export interface Site {
  readonly project: Project;
  readonly policy: PolicyPlan;
  readonly esm: boolean;
  /** Whether the compiler wants `process.env["NAME"]`. */
  readonly brackets: boolean;
  /** Frameworks whose version the adapter does not support are guarded without it. */
  readonly supports: (kind: Framework["kind"] | "fastify") => boolean;
}

/** The edited files, one edit for each. */
export class Edits {
  readonly site: Site;
  readonly packages: Set<string> = new Set();
  readonly notes: string[] = [];
  readonly #edits = new Map<Module, Edit>();
  readonly #policies = new Map<Module, string>();

  constructor(site: Site) {
    this.site = site;
  }

  of(module: Module): Edit {
    const edit = this.#edits.get(module) ?? new Edit(module, this.site.esm);
    this.#edits.set(module, edit);
    return edit;
  }

  all(): Edit[] {
    return [...this.#edits.values()];
  }

  /** Imports names from a package of wsorigin. */
  import(module: Module, from: string, ...names: readonly string[]): void {
    this.packages.add(from);
    this.of(module).import(from, ...names);
  }

  /** The policy of a module: its name, and the lines that create it, unless they stand in the file already. */
  policy(module: Module, from: string): { readonly name: string; readonly lines: readonly string[] } {
    const known = this.#policies.get(module);
    if (known !== undefined) return { name: known, lines: [] };
    const edit = this.of(module);
    const name = edit.freeName("policy", "socketPolicy");
    this.#policies.set(module, name);
    this.import(module, from, ...policyImports(this.site.policy));
    const lines = policyLines(name, this.site.policy);
    return { name, lines: this.site.brackets ? lines.map((line) => inBrackets(line, { quote: '"' })) : lines };
  }

  /** Writes the policy at the top of a file that needs it at several places. */
  sharedPolicy(module: Module, from: string, first: Node): void {
    const { lines } = this.policy(module, from);
    if (lines.length > 0) this.of(module).before(topStatementOf(first, module), lines);
  }

  /** Writes a property in front of the others of an object. */
  addProperty(module: Module, object: ObjectNode, code: string): void {
    const edit = this.of(module);
    const [first] = object.properties;
    if (first === undefined) return edit.replace(object, `{ ${code} }`);
    const gap = module.source.slice((object.start ?? 0) + 1, first.start ?? 0);
    const spaces = gap.includes("\n") ? `${edit.style.newline}${/[\t ]*$/.exec(gap)?.[0] ?? ""}` : " ";
    edit.insert(first.start ?? 0, `${code},${spaces}`);
  }

  /** Takes out a property, with the comma behind it or in front of it. */
  removeProperty(module: Module, property: Node): void {
    const { source } = module;
    const [start, end] = [property.start ?? 0, property.end ?? 0];
    const before = /,\s*$/.exec(source.slice(0, start))?.[0].length ?? 0;
    const behind = before > 0 ? 0 : (/^\s*,\s*/.exec(source.slice(end))?.[0].length ?? 0);
    this.of(module).remove(start - before, end + behind);
  }
}
