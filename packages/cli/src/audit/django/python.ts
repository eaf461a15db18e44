import type { SyntaxNode } from "@lezer/common";
import { type At, childrenOf, type Tree, within } from "../languages/tree.ts";

/** What names mean in the modules of a Python project. Nothing is run: what is computed is unknown. */
export class Modules {
  readonly trees: readonly Tree[];

  constructor(trees: readonly Tree[]) {
    this.trees = trees;
  }

  /** What is assigned to a name in a module: the last assignment counts. Follows `from module import name` into the project. */
  valueOf(name: string, tree: Tree, depth = 0): At | undefined {
    const assigned = assignmentOf(name, tree);
    if (assigned !== undefined) return { tree, node: assigned };
    const from = depth < 4 ? importsOf(tree).get(name) : undefined;
    if (from === undefined) return undefined;
    const other = this.moduleNamed(from.module, tree);
    return other === undefined ? undefined : this.valueOf(from.name, other, depth + 1);
  }

  /** The class or function of this name, in the module or where it is imported from. */
  definitionOf(name: string, tree: Tree): At | undefined {
    const own = definitionIn(name, tree);
    if (own !== undefined) return { tree, node: own };
    const from = importsOf(tree).get(name);
    const other = from === undefined ? undefined : this.moduleNamed(from.module, tree);
    const found = other === undefined || from === undefined ? undefined : definitionIn(from.name, other);
    return other === undefined || found === undefined ? undefined : { tree: other, node: found };
  }

  /** What a setting is, in each of the project's settings. */
  settings(name: string): readonly At[] {
    return this.trees.flatMap((tree) => {
      const node = assignmentOf(name, tree);
      return node === undefined ? [] : [{ tree, node }];
    });
  }

  /** The strings in a list, as far as they are written there or in a setting that is named. */
  stringsOf(at: At, depth = 0): readonly (At & { readonly value: string })[] {
    const { tree, node } = at;
    if (depth > 4) return [];
    const value = stringOf(tree, node);
    if (value !== undefined) return [{ ...at, value }];
    if (/^(?:Array|Tuple|Set|Parenthesized|Binary)Expression$/.test(node.name))
      return childrenOf(node).flatMap((child) => this.stringsOf({ tree, node: child }, depth + 1));
    if (node.name === "VariableName") {
      const found = this.valueOf(tree.text(node), tree);
      return found === undefined ? [] : this.stringsOf(found, depth + 1);
    }
    const setting = settingName(tree, node);
    return setting === undefined ? [] : this.settings(setting).flatMap((each) => this.stringsOf(each, depth + 1));
  }

  /** A module by its dotted name: the file whose path ends so, the nearest one first. */
  moduleNamed(dotted: string, from: Tree | undefined): Tree | undefined {
    const path = dotted.replaceAll(".", "/").replace(/^\/+/, "");
    const ends = [`${path}.py`, `${path}/__init__.py`];
    const matching = this.trees.filter(({ file }) => ends.some((end) => file === end || file.endsWith(`/${end}`)));
    const folder = from?.file.replace(/[^/]*$/, "") ?? "";
    return matching.find(({ file }) => file.startsWith(folder)) ?? matching[0];
  }
}

/** The text of a string literal; of a bytes literal too. Formatted strings have none. */
export function stringOf(tree: Tree, node: SyntaxNode): string | undefined {
  if (node.name !== "String") return undefined;
  const [, quote = "", text = ""] = /^[a-z]*("""|'''|"|')([\s\S]*)\1$/i.exec(tree.text(node)) ?? [];
  return quote === "" ? undefined : text;
}

function settingName(tree: Tree, node: SyntaxNode): string | undefined {
  if (node.name !== "MemberExpression") return undefined;
  const [object, property] = childrenOf(node);
  return object !== undefined && tree.text(object) === "settings" && property?.name === "PropertyName"
    ? tree.text(property)
    : undefined;
}

const assigned = new WeakMap<Tree, ReadonlyMap<string, SyntaxNode>>();

/** `NAME = value`, also with a type. */
function assignmentOf(name: string, tree: Tree): SyntaxNode | undefined {
  const all = assigned.get(tree) ?? assignmentsOf(tree);
  assigned.set(tree, all);
  return all.get(name);
}

function assignmentsOf(tree: Tree): ReadonlyMap<string, SyntaxNode> {
  const found = new Map<string, SyntaxNode>();
  for (const statement of within(tree.root, "AssignStatement")) {
    const [target, ...rest] = childrenOf(statement).filter(({ name }) => name !== "AssignOp" && name !== "TypeDef");
    const value = rest.at(-1);
    if (target?.name === "VariableName" && value !== undefined) found.set(tree.text(target), value);
  }
  return found;
}

function definitionIn(name: string, tree: Tree): SyntaxNode | undefined {
  return within(tree.root, "ClassDefinition", "FunctionDefinition").find((definition) => {
    const own = definition.getChild("VariableName");
    return own !== null && tree.text(own) === name;
  });
}

interface Imported {
  readonly module: string;
  readonly name: string;
}

const known = new WeakMap<Tree, ReadonlyMap<string, Imported>>();

/** What `from module import name as local` brings, by its local name. */
function importsOf(tree: Tree): ReadonlyMap<string, Imported> {
  const before = known.get(tree);
  if (before !== undefined) return before;
  const found = new Map<string, Imported>();
  for (const statement of within(tree.root, "ImportStatement")) {
    const tokens: string[] = [];
    for (let child = statement.firstChild; child !== null; child = child.nextSibling)
      if (!child.name.endsWith("Comment")) tokens.push(tree.text(child));
    const at = tokens.indexOf("import");
    if (tokens[0] !== "from" || at < 0) continue;
    const module = tokens.slice(1, at).join("");
    for (const part of tokens
      .slice(at + 1)
      .join(" ")
      .replaceAll(/[()]/g, "")
      .split(",")) {
      const [name = "", , local = name] = part.trim().split(/\s+/);
      if (name !== "") found.set(local, { module, name });
    }
  }
  known.set(tree, found);
  return found;
}

/** The name of what is called, as it was before `import ... as`. */
export function calleeOf(tree: Tree, call: SyntaxNode): string {
  const [callee] = childrenOf(call);
  if (callee === undefined) return "";
  if (callee.name === "MemberExpression") {
    const property = childrenOf(callee).at(-1);
    return property === undefined ? "" : tree.text(property);
  }
  const local = tree.text(callee);
  return importsOf(tree).get(local)?.name ?? local;
}

/** The values that a call is given: by place, and by name. */
export function argumentsOf(
  tree: Tree,
  call: SyntaxNode,
): { readonly placed: readonly SyntaxNode[]; readonly named: ReadonlyMap<string, SyntaxNode> } {
  const placed: SyntaxNode[] = [];
  const named = new Map<string, SyntaxNode>();
  const children = childrenOf(call.getChild("ArgList") ?? call);
  for (const [index, child] of children.entries()) {
    if (child.name === "AssignOp") continue;
    const before = children[index - 1];
    const key = children[index - 2];
    if (before?.name === "AssignOp" && key !== undefined) named.set(tree.text(key), child);
    else if (children[index + 1]?.name !== "AssignOp") placed.push(child);
  }
  return { placed, named };
}
