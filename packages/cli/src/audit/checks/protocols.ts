import type { Module } from "../../source/module.ts";
import { type Node, bare, isA, isCall, keyOf, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { originsIn, protocolFix } from "../fix.ts";

export function* checkProtocols(module: Module, project: Project): Iterable<Raw> {
  if (project.guarded(module)) return;
  for (const node of module.nodes) {
    if (!isA(node, "ObjectProperty", "ObjectMethod") || keyOf(node.key, node.computed) !== "handleProtocols") continue;
    const fn = module.functionOf(isA(node, "ObjectMethod") ? node : node.value);
    const [offered] = fn?.params ?? [];
    if (fn === undefined || offered === undefined) continue;
    const text = module.textAt(fn);
    if (/\.(?:has|includes|indexOf)\(|===?\s*["'`]|["'`]\s*===?/.test(text)) continue;
    if (module.results(fn).some((each) => isFirst(each, offered, module)))
      yield { rule: "protocolEchoed", module, node, fix: protocolFix(originsIn(module)) };
  }
}

/** `[...offered][0]` and its like. */
function isFirst(node: Node, offered: Node, module: Module): boolean {
  const inner = bare(node);
  if (isA(inner, "ConditionalExpression"))
    return isFirst(inner.consequent, offered, module) || isFirst(inner.alternate, offered, module);
  if (isA(inner, "LogicalExpression"))
    return isFirst(inner.left, offered, module) || isFirst(inner.right, offered, module);
  const { root, members } = module.trace(inner);
  const isOffered = (each: Node | undefined): boolean => each !== undefined && module.trace(each).root === offered;
  if (members.at(-1) === "[0]") {
    if (root === offered) return true;
    if (isA(root, "ArrayExpression")) {
      const [first] = root.elements;
      return isA(first, "SpreadElement") && isOffered(first.argument);
    }
    return isCall(root) && methodOf(root)?.name === "from" && isOffered(root.arguments[0]);
  }
  if (members.at(-1) !== "value" || !isCall(root) || methodOf(root)?.name !== "next") return false;
  const values = methodOf(root)?.object;
  const of = values === undefined ? undefined : module.trace(values).root;
  return of !== undefined && isCall(of) && isOffered(methodOf(of)?.object);
}
