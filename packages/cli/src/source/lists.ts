import type { Module } from "./module.ts";
import { type Node, bare, isA, isCall, isFunction, methodOf, textOf } from "./nodes.ts";

interface Pattern {
  readonly source: string;
  readonly flags: string;
  readonly node: Node;
}

export function patternsOf(node: Node, module: Module): Pattern[] {
  const { root, members } = module.trace(node);
  if (members.length === 0 && isA(root, "RegExpLiteral"))
    return [{ source: root.pattern, flags: root.flags, node: root }];
  if (
    members.length === 0 &&
    isCall(root) &&
    !isA(root, "OptionalCallExpression") &&
    module.isGlobal(root.callee, "RegExp")
  ) {
    const [source, flags] = root.arguments;
    if (source === undefined) return [];
    const text = textOf(module.trace(source).root);
    return text === undefined ? [] : [{ source: text, flags: textOf(flags) ?? "", node: root }];
  }
  return (elementsOf(root, module) ?? []).flatMap((each) =>
    isA(bare(each), "Identifier") ? [] : patternsOf(each, module),
  );
}

/** The elements of the list that a callback's parameter goes through: `list.some((each) => ...)`. */
export function elementsOf(parameter: Node, module: Module): Node[] | undefined {
  const fn = module.parent(parameter);
  if (!isFunction(fn) || fn.params[0] !== parameter) return undefined;
  const call = module.parent(fn);
  if (!isCall(call) || call.arguments[0] !== fn) return undefined;
  const method = methodOf(call);
  if (method === undefined || !/^(?:some|every|find|filter)$/.test(method.name)) return undefined;
  return elements(method.object, module);
}

export function elements(node: Node, module: Module): Node[] | undefined {
  const { root, members } = module.trace(node);
  if (members.length > 0) return undefined;
  if (isA(root, "ArrayExpression")) return root.elements.filter((each) => each !== null);
  const [first] = isA(root, "NewExpression") && module.isGlobal(root.callee, "Set") ? root.arguments : [];
  return first === undefined ? undefined : elements(first, module);
}

export function listed(node: Node, module: Module): string[] {
  return (elements(node, module) ?? []).flatMap((each) => textOf(each) ?? []);
}

/** Fixed texts that a value may be; nothing where that cannot be told. */
export function textsOf(node: Node, module: Module): string[] | undefined {
  const { root, members } = module.trace(node);
  const text = members.length === 0 ? textOf(root) : undefined;
  if (text !== undefined) return [text];
  const texts = elementsOf(root, module)?.map((each) => textOf(each));
  return texts?.every((each) => each !== undefined) === true && texts.length > 0 ? texts : undefined;
}

/** Whether an expression is an origin as fixed text, or a list in which one is. */
export function listsOrigins(node: Node, module: Module): boolean {
  const values = elements(node, module) ?? [node];
  return values.some((each) => /^https?:\/\//.test(textOf(module.trace(each).root) ?? ""));
}
