import { hasHidden, made, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, isA, methodOf, type Node } from "../../source/nodes.ts";
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
    const attached = attachedTo(call, module);
    const open = attached.find((each) => !project.guards(module, [each.server]));
    if (attached.length > 0 ? open === undefined : project.guards(module, server === undefined ? [] : [server]))
      continue;
    if (hasChecks(module, project) || corsThrows(module)) continue;
    const fix = socketIoFix(originsIn(module), writtenAs(server, module, "server"));
    // A token that page code hands over is none that the browser sends by itself.
    const token = project.withImports(module).some(({ source }) => /\bhandshake\s*\.\s*auth\b/.test(source));
    yield { rule: "socketIo", module, node: open?.call ?? call, fix, severity: token ? "warning" : undefined };
  }
}

/** The servers that `io.attach(server)` and `io.listen(server)` name. */
function attachedTo(io: CallNode, module: Module): { readonly call: CallNode; readonly server: Node }[] {
  return module.calls.flatMap((call) => {
    const method = methodOf(call);
    const [server] = call.arguments;
    if (method === undefined || !/^(?:attach|listen)$/.test(method.name) || server === undefined) return [];
    if (isA(server, "NumericLiteral") || module.trace(method.object).root !== io) return [];
    return [{ call, server }];
  });
}
