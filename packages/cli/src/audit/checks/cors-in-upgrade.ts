import { listeners, optionIn } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type FunctionNode, type Node, bare, isA, isCall, isMember, keyOf, methodOf } from "../../source/nodes.ts";
import { isCorsPackage } from "../../source/origin.ts";
import { upgrades } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { nodeFix, originsIn } from "../fix.ts";

export function* checkCorsInUpgrade(module: Module): Iterable<Raw> {
  const fix = (): string[] => nodeFix(originsIn(module));
  for (const { fn } of upgrades(module).length > 0 ? upgrades(module) : rawUpgrades(module)) {
    const call = module.callsIn(fn).find((each) => isCorsMiddleware(each.callee, module));
    if (call !== undefined) yield { rule: "corsInUpgrade", module, node: call, fix: fix() };
  }
  for (const call of module.calls) {
    const exported = module.exported(call.callee);
    if (exported?.from.startsWith("@wsorigin/") === true && exported.name === "guard") {
      const before = optionIn(module, call.arguments[1], "before");
      const list = before === undefined ? undefined : module.trace(before).root;
      const middleware = isA(list, "ArrayExpression")
        ? list.elements.find((each) => each !== null && isCorsMiddleware(each, module))
        : undefined;
      if (middleware !== undefined && middleware !== null)
        yield { rule: "corsInUpgrade", module, node: middleware, fix: fix() };
    }
    const method = methodOf(call);
    const [first] = call.arguments;
    if (method?.name !== "use" || first === undefined || !isCorsMiddleware(first, module)) continue;
    const object = bare(method.object);
    if (isMember(object) && keyOf(object.property, object.computed) === "engine")
      yield { rule: "corsInUpgrade", module, node: call, fix: fix() };
  }
}

function rawUpgrades(module: Module): { fn: FunctionNode }[] {
  return listeners(module, /^upgrade$/).flatMap(({ listener }) => {
    const fn = module.functionOf(listener);
    return fn === undefined ? [] : [{ fn }];
  });
}

function isCorsMiddleware(node: Node, module: Module): boolean {
  const { root } = module.trace(node);
  return isCall(root) && isCorsPackage(module.exported(root.callee)?.from);
}
