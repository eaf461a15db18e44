import { hasHidden, optionOf } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, type Node, bare, isCall, isMember, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { originsIn, uwsFix } from "../fix.ts";
import { decides } from "./looked-after.ts";

export function* checkUws(module: Module, project: Project): Iterable<Raw> {
  for (const call of module.calls) {
    if (methodOf(call)?.name !== "ws" || !startsAtUws(call, module)) continue;
    const options = module.objectOf(call.arguments[1]);
    if (options === undefined || hasHidden(options, module)) continue;
    const fn = module.functionOf(optionOf(options, "upgrade", module));
    if (fn === undefined && optionOf(options, "upgrade", module) !== undefined) continue;
    if (fn !== undefined && decides(fn, module, project)) continue;
    yield { rule: "uws", module, node: methodNode(call) ?? call, fix: uwsFix(originsIn(module)) };
  }
}

/** The name of the method, which stands on the line that matters in a chain of calls. */
function methodNode(call: CallNode): Node | undefined {
  const callee = bare(call.callee);
  return isMember(callee) ? callee.property : undefined;
}

function startsAtUws(call: CallNode, module: Module): boolean {
  let at: Node = call;
  for (let depth = 0; depth < 50; depth += 1) {
    const { root } = module.trace(at);
    if (!isCall(root)) return false;
    if (module.exported(root.callee)?.from === "uWebSockets.js") return true;
    const object = methodOf(root)?.object;
    if (object === undefined) return false;
    at = object;
  }
  return false;
}
