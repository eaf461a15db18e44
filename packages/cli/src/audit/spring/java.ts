import type { SyntaxNode } from "@lezer/common";
import { type At, childrenOf, type Tree, within } from "../languages/tree.ts";

/** The name of the method that is called. */
export function methodOf(tree: Tree, call: SyntaxNode): string {
  const name = call.getChild("MethodName");
  return name === null ? "" : tree.text(name);
}

/** What the method is called on. */
export function receiverOf(call: SyntaxNode): SyntaxNode | undefined {
  const [first] = childrenOf(call);
  return first === undefined || first.name === "MethodName" ? undefined : first;
}

export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const list = call.getChild("ArgumentList");
  return list === null ? [] : childrenOf(list);
}

/** What a variable or field of a file is set to where it is declared. */
export function valueOf(name: string, tree: Tree): SyntaxNode | undefined {
  for (const declarator of within(tree.root, "VariableDeclarator")) {
    const own = declarator.getChild("Definition");
    if (own === null || tree.text(own) !== name) continue;
    return childrenOf(declarator).findLast((child) => !/^(?:Definition|AssignOp|Dimension)$/.test(child.name));
  }
  return undefined;
}

/** The texts in an expression: literals, lists of them, and constants of the same file. An entry with commas is several, as Spring reads it. */
export function stringsOf(at: At, depth = 0): readonly (At & { readonly value: string })[] {
  const { tree, node } = at;
  if (depth > 6) return [];
  const inside = (nodes: readonly SyntaxNode[]): readonly (At & { readonly value: string })[] =>
    nodes.flatMap((each) => stringsOf({ tree, node: each }, depth + 1));
  switch (node.name) {
    case "StringLiteral":
      return entriesOf(tree.text(node).slice(1, -1)).map((value) => ({ tree, node, value }));
    case "Identifier": {
      const value = valueOf(tree.text(node), tree);
      return value === undefined ? [] : inside([value]);
    }
    case "FieldAccess":
      return inside(childrenOf(node).slice(-1));
    case "MethodInvocation": {
      const receiver = receiverOf(node);
      const isList = ["of", "asList"].includes(methodOf(tree, node));
      return inside(isList || receiver === undefined ? argumentsOf(node) : [receiver]);
    }
    case "ArrayCreationExpression":
    case "ArrayInitializer":
    case "ElementValueArrayInitializer":
    case "ParenthesizedExpression":
      return inside(childrenOf(node));
    default:
      return [];
  }
}

/** The entries of a text with commas. Those between brackets stand between ports. */
function entriesOf(text: string): readonly string[] {
  const entries: string[] = [""];
  let bracketed = false;
  for (const char of text) {
    if (char === "[" || char === "]") bracketed = char === "[";
    if (char === "," && !bracketed) entries.push("");
    else entries.push(`${entries.pop() ?? ""}${char}`);
  }
  return entries.map((entry) => entry.trim());
}
