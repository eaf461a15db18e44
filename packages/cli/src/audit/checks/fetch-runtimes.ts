import { optionOf } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, isA, isCall, isMember, keyOf, methodOf, type Node } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { fetchFix, originsIn } from "../fix.ts";
import { hasChecks } from "./looked-after.ts";

/** Sockets of runtimes whose servers take a `Request`: Bun, Deno, Workers, and Elysia on Bun. */
export function* checkFetchRuntimes(module: Module, project: Project): Iterable<Raw> {
  const calls = module.calls.filter((call) => opens(call, module));
  if (calls.length === 0 || project.guarded(module) || hasChecks(module, project)) return;
  for (const call of calls) yield { rule: "fetchRuntime", module, node: call, fix: fetchFix(originsIn(module)) };
}

function opens(call: CallNode, module: Module): boolean {
  if (isA(call, "NewExpression")) return module.isGlobal(call.callee, "WebSocketPair");
  if (isGlobalMember(call.callee, "Deno", "upgradeWebSocket", module)) return true;
  if (methodOf(call)?.name === "ws") return startsAtElysia(call, module);
  const exported = module.exported(call.callee);
  if (!isGlobalMember(call.callee, "Bun", "serve", module) && (exported?.from !== "bun" || exported.name !== "serve"))
    return false;
  const options = module.objectOf(call.arguments[0]);
  return options !== undefined && optionOf(options, "websocket", module) !== undefined;
}

function isGlobalMember(callee: Node, object: string, name: string, module: Module): boolean {
  return isMember(callee) && keyOf(callee.property, callee.computed) === name && module.isGlobal(callee.object, object);
}

/** `new Elysia().get(...).ws("/chat", ...)`, or an app that was made so. */
function startsAtElysia(call: CallNode, module: Module): boolean {
  let at: Node = call;
  for (let depth = 0; depth < 50; depth += 1) {
    const { root } = module.trace(at);
    if (!isCall(root)) return false;
    if (module.exported(root.callee)?.from === "elysia") return true;
    const object = methodOf(root)?.object;
    if (object === undefined) return false;
    at = object;
  }
  return false;
}
