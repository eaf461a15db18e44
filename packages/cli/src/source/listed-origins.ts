import type { Module } from "./module.ts";
import { isA, keyOf, nameOf, type Node } from "./nodes.ts";

const anOrigin = /^https?:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]*)(?::\d{1,5})?$/;
const list = /origin|allow|whitelist|cors|trusted|permitted/i;

/** The origins that a file names where it lists or compares some. */
export function listedOrigins(module: Module): string[] {
  const found = new Set<string>();
  for (const node of module.nodes) {
    const text = isA(node, "StringLiteral")
      ? node.value
      : isA(node, "TemplateElement")
        ? (node.value.cooked ?? "")
        : "";
    const origin = text.replace(/\/$/, "");
    if (anOrigin.test(origin) && isListed(node, module)) found.add(origin);
  }
  return [...found];
}

/** Where origins are listed: in an `origin` option, in a variable so named, or in a comparison. */
function isListed(node: Node, module: Module): boolean {
  let inner = node;
  for (let outer = module.parent(node); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "ObjectProperty")) return outer.value === inner && list.test(keyOf(outer.key, outer.computed) ?? "");
    if (isA(outer, "VariableDeclarator")) return list.test(nameOf(outer.id) ?? "");
    if (isA(outer, "ClassProperty")) return list.test(nameOf(outer.key) ?? "");
    if (isA(outer, "BinaryExpression"))
      return list.test(nameOf(outer.left) ?? "") || list.test(nameOf(outer.right) ?? "");
    if (isA(outer, "CallExpression", "OptionalCallExpression", "NewExpression", "AssignmentExpression")) {
      const text = module.source.slice(outer.start ?? 0, (outer.start ?? 0) + 200);
      if (isA(outer, "NewExpression") && /^new Set\b/.test(text)) continue;
      return /origin|allowed/i.test(text.split("\n", 1)[0] ?? "");
    }
  }
  return false;
}
