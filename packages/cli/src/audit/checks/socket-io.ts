import { hasHidden, made, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isA } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { originsIn, socketIoFix } from "../fix.ts";
import { corsThrows, hasChecks } from "./looked-after.ts";

export function* checkSocketIo(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^socket\.io$/, /^(?:Server)?$/)) {
    if (isA(module.parent(call), "MemberExpression") && !isA(call, "NewExpression") && call.arguments.length === 0)
      continue;
    const [first, second] = call.arguments;
    const options = module.objectOf(second) ?? module.objectOf(first);
    // Options that are made elsewhere cannot be judged.
    if (second !== undefined && options === undefined) continue;
    if (
      options !== undefined &&
      (hasHidden(options, module) || optionOf(options, "allowRequest", module) !== undefined)
    )
      continue;
    const server =
      first === undefined || module.objectOf(first) !== undefined || isA(first, "NumericLiteral") ? undefined : first;
    if (project.guards(module, server === undefined ? [] : [server])) continue;
    if (hasChecks(module, project) || corsThrows(module)) continue;
    const fix = socketIoFix(originsIn(module), writtenAs(server, module, "server"));
    // A token that page code hands over is none that the browser sends by itself.
    const token = project.withImports(module).some(({ source }) => /\bhandshake\s*\.\s*auth\b/.test(source));
    yield { rule: "socketIo", module, node: call, fix, severity: token ? "warning" : undefined };
  }
}
