import type { Module } from "./module.ts";
import { type FunctionNode, isA, isCall, isFunction, methodOf, nameOf, type Node } from "./nodes.ts";

/** Whether a value counts as yes, or as no, whatever comes. `undefined` where it depends. */
function constantOf(node: Node, module: Module, depth = 0): boolean | undefined {
  if (depth > 8) return undefined;
  const { root, members } = module.trace(node);
  if (members.length > 0) return undefined;
  if (isA(root, "BooleanLiteral")) return root.value;
  if (isA(root, "NumericLiteral")) return root.value !== 0;
  if (isA(root, "NullLiteral") || (isA(root, "Identifier") && root.name === "undefined")) return false;
  const of = (each: Node): boolean | undefined => constantOf(each, module, depth + 1);
  if (isA(root, "UnaryExpression") && root.operator === "!") {
    const inner = of(root.argument);
    return inner === undefined ? undefined : !inner;
  }
  if (isA(root, "LogicalExpression")) {
    const [left, right] = [of(root.left), of(root.right)];
    const decisive = root.operator === "||";
    if (root.operator === "??") return left === right ? left : undefined;
    return left === decisive || right === decisive ? decisive : left === right ? left : undefined;
  }
  if (isA(root, "ConditionalExpression")) {
    const [first, second] = [of(root.consequent), of(root.alternate)];
    return first === second ? first : undefined;
  }
  if (!isCall(root)) return undefined;
  const [first] = root.arguments;
  const method = methodOf(root);
  if (method?.name === "resolve" && nameOf(method.object) === "Promise" && first !== undefined) return of(first);
  const fn = module.functionOf(root.callee);
  return fn !== undefined && saysYes(fn, module, depth + 1) ? true : undefined;
}

/** Whether a function lets everybody in: all that it returns, or calls back with, is yes. */
export function saysYes(fn: FunctionNode, module: Module, depth = 0): boolean {
  if (depth > 4 || module.nodesIn(fn).some((node) => isA(node, "ThrowStatement"))) return false;
  const callback = callbackOf(fn, module);
  const yes = (node: Node): boolean => constantOf(node, module, depth + 1) === true;
  if (callback === undefined) return endsInReturn(fn.body) && module.results(fn).every((each) => yes(each));
  const { calls } = callback;
  const answered = module
    .nodesIn(fn)
    .filter((node) => isA(node, "ReturnStatement") && module.enclosing(node) === fn)
    .every((node) => isA(node, "ReturnStatement") && calls.some((call) => call === node.argument));
  const sure = calls.some((call) => isUnconditional(call, fn, module)) || calls.length > 1;
  return answered && sure && calls.every((call) => yesIn(call.arguments, yes));
}

/** `callback(true)`, `callback(null, true)`. */
function yesIn(args: readonly Node[], yes: (node: Node) => boolean): boolean {
  const [first, second] = args;
  if (first === undefined) return false;
  if (isA(first, "NullLiteral") || nameOf(first) === "undefined") return second !== undefined && yes(second);
  return yes(first);
}

function callbackOf(
  fn: FunctionNode,
  module: Module,
): { readonly calls: readonly Extract<Node, { type: "CallExpression" }>[] } | undefined {
  for (const parameter of fn.params.slice(1)) {
    if (!isA(parameter, "Identifier")) continue;
    const calls = module
      .callsIn(fn)
      .filter((call) => isA(call, "CallExpression"))
      .filter((call) => isA(call.callee, "Identifier") && call.callee.name === parameter.name);
    if (calls.length > 0) return { calls };
  }
  return undefined;
}

function isUnconditional(node: Node, fn: FunctionNode, module: Module): boolean {
  for (let outer = module.parent(node); outer !== undefined && outer !== fn; outer = module.parent(outer)) {
    if (isFunction(outer)) return false;
    if (isA(outer, "IfStatement", "ConditionalExpression", "LogicalExpression", "SwitchStatement", "TryStatement"))
      return false;
  }
  return true;
}

/** Whether a function cannot come to its end without a `return`. */
function endsInReturn(body: Node): boolean {
  if (!isA(body, "BlockStatement")) {
    if (isA(body, "IfStatement"))
      return body.alternate !== null && body.alternate !== undefined
        ? endsInReturn(body.consequent) && endsInReturn(body.alternate)
        : false;
    if (isA(body, "TryStatement"))
      return (
        endsInReturn(body.block) &&
        (body.handler === null || body.handler === undefined || endsInReturn(body.handler.body))
      );
    return isA(body, "ReturnStatement") || !body.type.endsWith("Statement");
  }
  const last = body.body.at(-1);
  return last !== undefined && endsInReturn(last) && !isA(last, "FunctionDeclaration", "VariableDeclaration");
}
