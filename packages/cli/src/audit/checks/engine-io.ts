import { hasHidden, isTrue, made, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isA, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { engineFix, originsIn } from "../fix.ts";
import { hasChecks, isLookedAfter } from "./looked-after.ts";

/** Engine.IO by itself, without Socket.IO. */
export function* checkEngineIo(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^engine\.io$/, /^(?:attach|listen|Server|)$/)) {
    const options = call.arguments.map((each) => module.objectOf(each)).find((each) => each !== undefined);
    if (options !== undefined) {
      if (hasHidden(options, module) || optionOf(options, "allowRequest", module) !== undefined) continue;
      if (isTrue(optionOf(options, "noServer", module), module)) continue;
    }
    // Options that cannot be found cannot be judged.
    if (call.arguments.length > 1 && options === undefined && !isA(call.arguments[1], "ArrowFunctionExpression"))
      continue;
    const attached = module.calls.filter(
      (each) => methodOf(each)?.name === "attach" && module.trace(methodOf(each)?.object ?? each).root === call,
    );
    const servers = [call, ...attached]
      .flatMap((each) => each.arguments[0] ?? [])
      .filter((each) => module.objectOf(each) === undefined && !isA(each, "NumericLiteral"));
    if (project.guards(module, servers) || hasChecks(module, project) || isLookedAfter(call, module, project)) continue;
    const fix = engineFix(originsIn(module), writtenAs(servers[0], module, "server"));
    yield { rule: "engineIo", module, node: call, also: attached, fix };
  }
}
