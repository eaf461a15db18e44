import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
} from "yaml";
import type { Finding } from "../finding.ts";
import { type Given, type Line, unreadable } from "./checker.ts";

/** A value of a document in YAML, JSON or TOML, and the line where it stands. */
export interface Node extends Line {
  /** A text, a number or a truth value, as it is written; `undefined` for a map or a list. */
  readonly value: string | undefined;
  readonly map: ReadonlyMap<string, Node>;
  readonly list: readonly Node[];
}

export interface Documents {
  readonly roots: readonly Node[];
  readonly problems: readonly Finding[];
}

type ParsedDocument = Document.Parsed<ParsedNode>;

/** Aliases can make much of little. */
const mostNodes = 2_000_000;

/** Parsing a document cannot be interrupted: one of this length takes seconds. */
const longestText = 5_000_000;
/** A file with so many errors is something else. */
const mostErrors = 20;

/** Reads all documents of a file of YAML or JSON. What cannot be read is a problem. */
export async function readYaml(given: Given, parse: string = "yamllint"): Promise<Documents> {
  const { file, text, goOn } = given;
  const counter = new LineCounter();
  const lines = text.split("\n");
  if (text.length > longestText) {
    const detail = `cannot tell: ${file} is longer than ${longestText / 1_000_000} MB; check the part of it that has the socket's path`;
    given.steps.push({ name: "read", outcome: "skipped", detail });
    return { roots: [], problems: [] };
  }
  const all: ParsedDocument[] = [];
  let errorCount = 0;
  const composer = new Composer({ uniqueKeys: false, logLevel: "silent", merge: true, prettyErrors: false });
  for (const document of composer.compose(new Parser(counter.addNewLine).parse(text))) {
    await goOn();
    all.push(document);
    errorCount += document.errors.length;
    if (errorCount > mostErrors) break;
  }
  const at = (offset: number): Line => {
    const { line } = counter.linePos(offset);
    return { line: Math.max(1, line), text: lines[line - 1] ?? "" };
  };
  const problems = all.flatMap(({ errors }) =>
    errors.slice(0, 3).map((error) => {
      const { line, text: shown } = at(error.pos[0]);
      return unreadable(file, { line, text: shown }, error.message, `${parse} ${file}`);
    }),
  );
  let left = mostNodes;
  const convert = (node: unknown, near: Line, resolve: (alias: Alias) => unknown, depth: number): Node => {
    if (left-- <= 0 || depth > 200) return leaf(undefined, near);
    if (isAlias(node)) return convert(resolve(node), near, resolve, depth + 1);
    const start = isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined;
    const own = start === undefined ? near : at(start);
    if (isScalar(node)) return leaf(textOf(node.value), own);
    if (isSeq(node)) {
      const list = node.items.map((item) => convert(item, own, resolve, depth + 1));
      return { value: undefined, map: new Map(), list, ...own };
    }
    if (!isMap(node)) return leaf(undefined, own);
    const map = new Map<string, Node>();
    for (const { key, value } of node.items) {
      const where = isScalar(key) && key.range !== null && key.range !== undefined ? at(key.range[0]) : own;
      const converted = convert(value, where, resolve, depth + 1);
      const name = isScalar(key) ? String(key.value) : "";
      if (name === "<<") for (const [inner, each] of converted.map) map.set(inner, map.get(inner) ?? each);
      else map.set(name, { ...converted, ...where });
    }
    return { value: undefined, map, list: [], ...own };
  };
  const roots = all.map((document) =>
    convert(document.contents, { line: 1, text: lines[0] ?? "" }, (alias) => alias.resolve(document), 0),
  );
  return { roots: roots.filter(({ map, list }) => map.size > 0 || list.length > 0), problems };
}

export function leaf(value: string | undefined, { line, text }: Line): Node {
  return { value, map: new Map(), list: [], line, text };
}

/** A scalar as text; nothing is written as nothing. */
function textOf(value: unknown): string {
  return typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    typeof value === "bigint"
    ? String(value)
    : "";
}

/** The node at the end of these names. */
export function get(node: Node | undefined, ...names: readonly string[]): Node | undefined {
  return names.reduce<Node | undefined>((at, name) => at?.map.get(name), node);
}

export function valueOf(node: Node | undefined, ...names: readonly string[]): string | undefined {
  return get(node, ...names)?.value;
}

/** Every node below, with the names that lead to it; the places of a list are their numbers. */
export function* walk(
  node: Node,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly node: Node }> {
  yield { path, node };
  for (const [name, each] of node.map) yield* walk(each, [...path, name]);
  for (const [at, each] of node.list.entries()) yield* walk(each, [...path, String(at)]);
}
