import { createPolicy, PolicyError } from "@wsorigin/core";
import { listedOrigins } from "../source/listed-origins.ts";
import type { Module } from "../source/module.ts";
import { bare, isA, keyOf, nameOf, type Node, textOf, within } from "../source/nodes.ts";
import { corsOptionsOf } from "../source/origin.ts";

/** A place in the project's files. */
export interface Found {
  readonly file: string;
  readonly line: number;
}

/** Where the pages are that may open a socket, as the project says it already. */
export interface Origins {
  /** Origins that are written down, other than those of development servers. */
  readonly listed: readonly (Found & { readonly origin: string })[];
  /** Environment variables that hold origins. `code` is the expression that gives their text. */
  readonly variables: readonly (Found & { readonly name: string; readonly code: string })[];
  /** Origins of this machine, which are for development. */
  readonly local: readonly (Found & { readonly origin: string })[];
  /** What cannot be taken over, with the reason. */
  readonly dropped: readonly (Found & { readonly text: string; readonly reason: string })[];
}

const loopback = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::(?:\d+|\*))?$/;

/** Reads the lists of origins that CORS, Socket.IO, or checks by hand have. */
export function originsOf(modules: readonly Module[]): Origins {
  const texts = new Map<string, Found>();
  const variables = new Map<string, Found & { name: string; code: string }>();
  const patterns = new Map<string, Found>();
  for (const module of modules) {
    for (const node of entriesIn(module)) {
      const found = foundAt(node, module);
      const variable = variableOf(node, module);
      const text = textOf(node);
      if (variable !== undefined)
        variables.set(variable.name, variables.get(variable.name) ?? { ...variable, ...found });
      else if (isA(node, "RegExpLiteral")) patterns.set(module.source.slice(node.start ?? 0, node.end ?? 0), found);
      else if (text !== undefined && text !== "") texts.set(plain(text), texts.get(plain(text)) ?? found);
    }
  }
  return { ...sort(texts), variables: [...variables.values()], ...droppedOf(texts, patterns) };
}

function sort(texts: ReadonlyMap<string, Found>): Pick<Origins, "listed" | "local"> {
  const good = [...texts].filter(([origin]) => problemOf(origin) === undefined);
  const all = good.map(([origin, { file, line }]) => ({ origin, file, line }));
  return {
    listed: all.filter(({ origin }) => !loopback.test(origin)),
    local: all.filter(({ origin }) => loopback.test(origin)),
  };
}

function droppedOf(texts: ReadonlyMap<string, Found>, patterns: ReadonlyMap<string, Found>): Pick<Origins, "dropped"> {
  const refused = [...texts].flatMap(([text, found]) => {
    const reason = problemOf(text);
    return reason === undefined ? [] : [{ text: JSON.stringify(text), reason, ...found }];
  });
  const regexps = [...patterns].map(([text, { file, line }]) => ({
    text,
    reason:
      "A policy takes no regular expressions. List the origins, or write https://*.example.com for one more label.",
    file,
    line,
  }));
  return { dropped: [...refused, ...regexps] };
}

/** Why the policy would refuse to be created with this entry. */
function problemOf(entry: string): string | undefined {
  try {
    createPolicy({ origins: [entry] });
    return undefined;
  } catch (error) {
    return error instanceof PolicyError ? (error.issues[0]?.message ?? error.message) : String(error);
  }
}

/** Without the slash at its end, which people write and browsers do not. */
function plain(text: string): string {
  return text.trim().replace(/\/$/, "");
}

/** The expressions that stand for allowed origins. */
function entriesIn(module: Module): Node[] {
  const listed = new Set(listedOrigins(module));
  const options = corsOptionsOf(module).concat(nestedCors(module));
  const given = options.flatMap((object) =>
    object.properties.flatMap((each) =>
      isA(each, "ObjectProperty") && nameOf(each.key) === "origin" ? [each.value] : [],
    ),
  );
  const found = given.flatMap((value) => elementsOf(value, module, 0));
  for (const { id, init } of module.ofType("VariableDeclarator"))
    if (named.test(nameOf(id) ?? "") && isA(init, "ArrayExpression", "NewExpression"))
      found.push(...elementsOf(init, module, 0).filter((each) => !found.includes(each)));
  for (const node of module.nodes) {
    if (isA(node, "StringLiteral") && listed.has(plain(node.value)) && !found.includes(node)) found.push(node);
    if (isVariable(node) && isNamedForOrigins(node, module) && !found.includes(node)) found.push(node);
  }
  const whole = found.map((node) => withFallbackOf(node, module));
  return whole.filter((node) => !whole.some((other) => other !== node && within(node, other)));
}

/** `process.env.NAME ?? "https://app.example.com"` around a read of the environment, which is taken over as it is. */
function withFallbackOf(node: Node, module: Module): Node {
  const parent = isVariable(node) ? module.parent(node) : undefined;
  return isA(parent, "LogicalExpression") && variableOf(parent, module) !== undefined ? parent : node;
}

/** `cors: { origin }` of Nest and of what else takes it: `enableCors({ origin })`, `@WebSocketGateway({ cors })`. */
function nestedCors(module: Module): Extract<Node, { type: "ObjectExpression" }>[] {
  return module.nodes.flatMap((node) => {
    const value =
      isA(node, "ObjectProperty") && nameOf(node.key) === "cors"
        ? node.value
        : isA(node, "CallExpression") && nameOf(node.callee) === "enableCors"
          ? node.arguments[0]
          : undefined;
    const object = module.objectOf(value);
    return object === undefined ? [] : [object];
  });
}

/** What a list holds: literals and reads of the environment. */
function elementsOf(value: Node, module: Module, depth: number): Node[] {
  if (depth > 8) return [];
  const next = (node: Node): Node[] => elementsOf(node, module, depth + 1);
  const { root, members } = module.trace(value);
  const node = bare(value);
  if (isVariable(node)) return [node];
  if (members.length > 0) return [];
  if (isA(root, "ArrayExpression"))
    return root.elements.flatMap((each) =>
      each === null || each === undefined ? [] : next(isA(each, "SpreadElement") ? each.argument : each),
    );
  if (isA(root, "LogicalExpression"))
    return variableOf(root, module) === undefined ? [...next(root.left), ...next(root.right)] : [root];
  if (isA(root, "ConditionalExpression")) return [...next(root.consequent), ...next(root.alternate)];
  if (isA(root, "NewExpression")) return root.arguments.flatMap(next);
  if (
    isA(root, "CallExpression", "OptionalCallExpression") &&
    isA(root.callee, "MemberExpression", "OptionalMemberExpression")
  )
    return next(root.callee.object);
  return isA(root, "StringLiteral", "TemplateLiteral", "RegExpLiteral") || isVariable(root) ? [root] : [];
}

/** `process.env.NAME`, also in brackets. */
function isVariable(node: Node): boolean {
  return nameOfVariable(node) !== undefined;
}

function nameOfVariable(node: Node): string | undefined {
  if (!isA(node, "MemberExpression", "OptionalMemberExpression")) return undefined;
  const { object, property, computed } = node;
  if (!isA(object, "MemberExpression") || nameOf(object) !== "env" || nameOf(object.object) !== "process")
    return undefined;
  return keyOf(property, computed);
}

/** The variable that an expression reads, and the code that reads it. */
function variableOf(node: Node, module: Module): { readonly name: string; readonly code: string } | undefined {
  const name = nameOfVariable(node);
  const code = module.source.slice(node.start ?? 0, node.end ?? 0);
  if (name !== undefined) return { name, code };
  if (!isA(node, "LogicalExpression") || node.operator === "&&") return undefined;
  const read = nameOfVariable(bare(node.left));
  const fallback = textOf(node.right);
  if (read === undefined || fallback === undefined) return undefined;
  return fallback.split(",").every((each) => problemOf(plain(each)) === undefined && !loopback.test(plain(each)))
    ? { name: read, code }
    : undefined;
}

/** Whether an expression is what a variable or property named after origins gets. */
function isNamedForOrigins(node: Node, module: Module): boolean {
  for (let outer = module.parent(node); outer !== undefined; outer = module.parent(outer)) {
    if (isA(outer, "VariableDeclarator")) return named.test(nameOf(outer.id) ?? "");
    if (isA(outer, "ObjectProperty", "ClassProperty")) return named.test(nameOf(outer.key) ?? "");
    if (isA(outer, "BlockStatement", "Program") || "params" in outer) return false;
  }
  return false;
}

const named = /origins?$|allow_?list|white_?list/i;

export function foundAt(node: Node, module: Module): Found {
  return { file: module.file, line: node.loc?.start.line ?? 1 };
}
