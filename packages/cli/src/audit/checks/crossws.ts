import { hasHidden, optionOf } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, type ObjectNode } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { crosswsFix, originsIn } from "../fix.ts";
import { decides, hasChecks } from "./looked-after.ts";

const packages = /^(?:h3|nitro(?:pack)?(?:\/.*)?|nuxt(?:\/.*)?|#imports|#nitro|crossws(?:\/.*)?)$/;

/** Handlers of crossws: `defineWebSocketHandler()` of Nitro, Nuxt and h3, and its adapters. */
export function* checkCrossws(module: Module, project: Project): Iterable<Raw> {
  for (const call of module.calls) {
    if (!isHandler(call, module)) continue;
    const hooks = hooksOf(call, module);
    if (hooks === undefined || hasHidden(hooks, module)) continue;
    const upgrade = optionOf(hooks, "upgrade", module);
    const fn = module.functionOf(upgrade);
    if (upgrade !== undefined && (fn === undefined || decides(fn, module, project))) continue;
    if (project.guarded(module) || hasChecks(module, project)) continue;
    yield { rule: "crossws", module, node: call, fix: crosswsFix(originsIn(module)) };
  }
}

function isHandler(call: CallNode, module: Module): boolean {
  // Nitro and Nuxt import it by themselves.
  if (module.isGlobal(call.callee, "defineWebSocketHandler")) return true;
  const exported = module.exported(call.callee);
  if (exported === undefined || !packages.test(exported.from)) return false;
  if (exported.from.startsWith("crossws")) return /^(?:|crossws|serve|plugin)$/.test(exported.name);
  return /(?:^|\.)define(?:WebSocket|Websocket)Handler$/.test(exported.name);
}

/** The hooks themselves, or the `hooks` or `websocket` of what the adapter gets. */
function hooksOf(call: CallNode, module: Module): ObjectNode | undefined {
  const options = module.objectOf(call.arguments[0]);
  if (options === undefined) return undefined;
  for (const name of ["hooks", "websocket"]) {
    const inner = optionOf(options, name, module);
    if (inner !== undefined) return module.objectOf(inner);
  }
  return options;
}
