import { hasHidden, made, optionOf } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isA } from "../../source/nodes.ts";
import { originChecks } from "../../source/origin-checks.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { nestFix, originsIn } from "../fix.ts";
import { hasChecks } from "./looked-after.ts";

export function* checkNest(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^@nestjs\/websockets$/, /^WebSocketGateway$/)) {
    if (!isA(module.parent(call), "Decorator")) continue;
    const options = module.objectOf(call.arguments.at(-1));
    if (options === undefined || hasHidden(options, module)) continue;
    const cors = optionOf(options, "cors", module);
    if (cors === undefined || (isA(cors, "BooleanLiteral") && !cors.value)) continue;
    if (["allowRequest", "verifyClient"].some((name) => optionOf(options, name, module) !== undefined)) continue;
    if (project.guarded(module) || project.siblings(module).some((each) => isAdapter(each))) continue;
    if (hasChecks(module, project)) continue;
    yield { rule: "nest", module, node: call, fix: nestFix(originsIn(module)) };
  }
}

/** An adapter of the project's own that decides who may connect. */
function isAdapter(module: Module): boolean {
  if (!/\bextends\s+(?:IoAdapter|WsAdapter|AbstractWsAdapter)\b/.test(module.source)) return false;
  return /\b(?:allowRequest|verifyClient)\b/.test(module.source) || originChecks(module).length > 0;
}
