import MagicString from "magic-string";
import type { Module } from "../source/module.ts";
import { isA, isCall, type Node, textOf, within } from "../source/nodes.ts";
import { importLine, restyle, type Style, styleOf } from "./style.ts";

/** What the text of one file becomes. Everything that is not changed stays, to the byte. */
export class Edit {
  readonly module: Module;
  readonly style: Style;
  readonly #text: MagicString;
  readonly #imports = new Map<string, Set<string>>();
  readonly #taken: Set<string>;
  readonly #removed = new Set<Node>();
  /** Before this statement imports and policies must stand. */
  #first = Infinity;

  constructor(module: Module, esmPackage: boolean) {
    this.module = module;
    this.style = styleOf(module, esmPackage);
    this.#text = new MagicString(module.source);
    this.#taken = new Set(module.ofType("Identifier").map(({ name }) => name));
  }

  /** A name that nothing in the file has. */
  freeName(...wanted: readonly string[]): string {
    const [first = "value"] = wanted;
    let found = wanted.find((name) => !this.#taken.has(name));
    for (let number = 2; found === undefined; number += 1)
      if (!this.#taken.has(`${first}${number}`)) found = `${first}${number}`;
    this.#taken.add(found);
    return found;
  }

  /** Imports names of a package; the line is written at the end. */
  import(from: string, ...names: readonly string[]): void {
    const known = this.#imports.get(from) ?? new Set();
    for (const name of names) known.add(name);
    this.#imports.set(from, known);
  }

  /** Puts lines behind a statement, in lines of their own. */
  after(statement: Node, lines: readonly string[]): void {
    this.#changing(statement);
    const { newline } = this.style;
    const end = statement.end ?? 0;
    // A comment behind the statement stays on its line.
    const rest = /^[\t ]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[\t ]*)?(?=\r?\n|$)/.exec(this.module.source.slice(end));
    const at = end + (rest?.[0].length ?? 0);
    this.#text.appendLeft(at, `${newline}${restyle(lines, this.style, this.#baseOf(statement))}`);
  }

  /** Puts lines in front of a statement and of the comment that belongs to it. */
  before(statement: Node, lines: readonly string[]): void {
    this.#changing(statement);
    const { newline } = this.style;
    const at = this.#startOf(statement);
    const base = this.#baseOf(statement);
    this.#text.appendLeft(at, `${restyle(lines, this.style, base).slice(base.length)}${newline}${base}`);
  }

  /** Writes other code in the place of a node. */
  replace(node: Node, code: string): void {
    this.#changing(node);
    this.#text.overwrite(node.start ?? 0, node.end ?? 0, this.#styled(code));
  }

  /** Writes code at a place. */
  insert(at: number, code: string): void {
    this.#text.appendLeft(at, this.#styled(code));
  }

  /** Takes out a range. */
  remove(start: number, end: number): void {
    this.#text.remove(start, end);
  }

  /** Takes out a statement with its line. */
  removeLine(statement: Node): void {
    const { source } = this.module;
    const start = source.lastIndexOf("\n", (statement.start ?? 0) - 1) + 1;
    const end = source.indexOf("\n", statement.end ?? 0);
    const alone = /^\s*$/.test(
      source.slice(start, statement.start ?? 0) + source.slice(statement.end ?? 0, end < 0 ? undefined : end),
    );
    if (alone && end >= 0) this.#text.remove(start, end + 1);
    else this.#text.remove(statement.start ?? 0, statement.end ?? 0);
    this.#removed.add(statement);
  }

  textOf(node: Node): string {
    return this.module.source.slice(node.start ?? 0, node.end ?? 0);
  }

  /** The text of the file as it becomes. */
  finish(): string {
    return (this.#finished ??= this.#finish());
  }

  #finished: string | undefined;

  #finish(): string {
    const lines = [...this.#imports].map(([from, names]) => importLine([...names].toSorted(), from, this.style.esm));
    if (lines.length > 0) this.#writeImports(lines);
    return this.#text.toString();
  }

  #styled(code: string): string {
    return this.style.quote === '"' ? code : code.replaceAll('"', "'");
  }

  #changing(node: Node): void {
    this.#first = Math.min(this.#first, node.start ?? 0);
  }

  #writeImports(lines: readonly string[]): void {
    const { newline } = this.style;
    const last = this.#lastImport();
    if (last !== undefined)
      return void this.#text.appendLeft(last.end ?? 0, `${newline}${restyle(lines, this.style, "")}`);
    const [first] = this.#body();
    const at = first?.start ?? 0;
    this.#text.prependLeft(at, `${restyle(lines, this.style, "")}${newline}${newline}`);
  }

  /** The last import or top-level `require()` in front of the first change. */
  #lastImport(): Node | undefined {
    const { esm } = this.style;
    return this.#body().findLast(
      (statement) =>
        !this.#removed.has(statement) &&
        (isA(statement, "ImportDeclaration", "TSImportEqualsDeclaration") ||
          (!esm && (statement.end ?? 0) <= this.#first && this.#requires(statement))),
    );
  }

  #requires(statement: Node): boolean {
    if (!isA(statement, "VariableDeclaration") && !this.textOf(statement).startsWith("require(")) return false;
    return this.module.calls.some(
      (call) =>
        isCall(call) &&
        isA(call.callee, "Identifier") &&
        call.callee.name === "require" &&
        textOf(call.arguments[0]) !== undefined &&
        within(call, statement) &&
        this.module.enclosing(call) === undefined,
    );
  }

  #body(): readonly Node[] {
    const [program] = this.module.ofType("Program");
    return program?.body ?? [];
  }

  #baseOf(statement: Node): string {
    const { source } = this.module;
    const line = source.slice(source.lastIndexOf("\n", (statement.start ?? 0) - 1) + 1, statement.start ?? 0);
    return /^[\t ]*/.exec(line)?.[0] ?? "";
  }

  /** Where a statement starts, or the comment lines right above it. */
  #startOf(statement: Node): number {
    const { source, comments } = this.module;
    let start = statement.start ?? 0;
    for (const comment of comments.toReversed()) {
      const [from, to] = [comment.start ?? 0, comment.end ?? 0];
      if (to > start) continue;
      const alone = /(?:^|\n)[\t ]*$/.test(source.slice(0, from));
      if (!alone || !/^[\t ]*\r?\n[\t ]*$/.test(source.slice(to, start))) break;
      start = from;
    }
    return start;
  }
}
