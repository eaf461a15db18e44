import type { Module } from "./module.ts";
import { type CallNode, isA, methodOf, type Node, type ObjectNode, textOf } from "./nodes.ts";

/** Calls of what a package exports, by the names it may have. */
export function made(module: Module, from: RegExp, name: RegExp): CallNode[] {
  return module.calls.filter((call) => {
    const exported = module.exported(call.callee);
    return exported !== undefined && from.test(exported.from) && name.test(exported.name);
  });
}

/** Calls that add a listener of an event. */
export function listeners(module: Module, event: RegExp): { call: CallNode; object: Node; listener: Node }[] {
  return module.calls.flatMap((call) => {
    const method = methodOf(call);
    if (method === undefined || !/^(?:on|once|addListener|prependListener)$/.test(method.name)) return [];
    const [name, listener] = call.arguments;
    if (listener === undefined || !event.test(textOf(name) ?? "")) return [];
    return [{ call, object: method.object, listener }];
  });
}

/** Whether an object has properties that cannot be seen. */
export function hasHidden(object: ObjectNode, module: Module): boolean {
  return object.properties.some((each) => isA(each, "SpreadElement") && module.objectOf(each.argument) === undefined);
}

/** A property of an object, also of those that are spread into it. */
export function optionOf(object: ObjectNode, name: string, module: Module, depth = 0): Node | undefined {
  for (const property of object.properties.toReversed()) {
    if (isA(property, "SpreadElement")) {
      const inner = depth > 4 ? undefined : module.objectOf(property.argument);
      const found = inner === undefined ? undefined : optionOf(inner, name, module, depth + 1);
      if (found !== undefined) return found;
    } else if (isA(property.key, "Identifier", "StringLiteral") && !property.computed) {
      const key = isA(property.key, "Identifier") ? property.key.name : property.key.value;
      if (key === name) return isA(property, "ObjectMethod") ? property : property.value;
    }
  }
  return undefined;
}

export function isTrue(node: Node | undefined, module: Module): boolean {
  if (node === undefined) return false;
  const { root } = module.trace(node);
  return isA(root, "BooleanLiteral") && root.value;
}

/** How the source writes a short expression: for the code that is recommended. */
export function writtenAs(node: Node | undefined, module: Module, otherwise: string): string {
  const text = node === undefined ? "" : module.textAt(node);
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,2}$/.test(text) ? text : otherwise;
}

/** A property of an object that a node is or names, such as `wsOptions` in the options of express-ws. */
export function optionIn(module: Module, options: Node | undefined, name: string): Node | undefined {
  const object = module.objectOf(options);
  return object === undefined ? undefined : optionOf(object, name, module);
}
