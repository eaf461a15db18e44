import type { Module } from "../source/module.ts";
import { type FunctionNode, type Node, isA, isCall, isFunction, methodOf, nameOf } from "../source/nodes.ts";

const refusing = /bad|invalid|reject|block|den(?:y|ied)|forbid|missing|opaque|foreign|^not|^no[A-Z]|evil|suspicious/i;

const allowing = /allow|valid|check|trust|accept|permit|verif|origin|cors|match|authori/i;

/** Whether somebody is let in where a condition holds. `false` where that cannot be told. */
export function allowsWhenTrue(condition: Node, module: Module): boolean {
  let inner = condition;
  for (let outer = module.parent(condition); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "LogicalExpression")) {
      if (outer.operator !== "||") return false;
    } else if (isA(outer, "ReturnStatement")) return isAllowing(module.enclosing(outer), module);
    else if (isFunction(outer)) {
      if (outer.body !== inner) return false;
      if (!isEachOf(outer, module)) return isAllowing(outer, module);
    } else if (isA(outer, "IfStatement")) return outer.test === inner && lets(outer.consequent);
    else if (isCall(outer) && isEachOf(inner, module)) continue;
    else if (isCall(outer)) return /^(?:cb|callback|done|next)$/i.test(nameOf(outer.callee) ?? "");
    else if (isA(outer, "ConditionalExpression")) {
      if (outer.test !== inner || !isA(outer.consequent, "BooleanLiteral") || !outer.consequent.value) return false;
    } else if (!isA(outer, "ParenthesizedExpression", "TSAsExpression")) return false;
  }
  return false;
}

/** The callback of `list.some(...)`: where it says yes the call does. */
function isEachOf(fn: Node, module: Module): boolean {
  const call = isFunction(fn) ? module.parent(fn) : undefined;
  return isCall(call) && /^(?:some|find)$/.test(methodOf(call)?.name ?? "");
}

/** Whether somebody is refused where a condition does not hold: `if (!listed && !known) return socket.destroy()`. */
export function refusesWhenFalse(condition: Node, module: Module): boolean {
  const not = module.parent(condition);
  if (!isA(not, "UnaryExpression") || not.operator !== "!") return false;
  let inner: Node = not;
  let outer = module.parent(not);
  while (isA(outer, "LogicalExpression") && outer.operator === "&&") [inner, outer] = [outer, module.parent(outer)];
  if (!isA(outer, "IfStatement") || outer.test !== inner) return false;
  return /\bthrow\b|\.(?:destroy|close|terminate|reject|end|abort)\(|\bfalse\b|\b40[13]\b/.test(
    module.textAt(outer.consequent),
  );
}

/** `return true`, `callback(null, true)`, `next()`. */
function lets(statement: Node): boolean {
  if (isA(statement, "BlockStatement")) return statement.body.slice(0, 2).some((each) => lets(each));
  if (isA(statement, "ExpressionStatement")) return letting(statement.expression);
  return isA(statement, "ReturnStatement") && statement.argument !== null && letting(statement.argument);
}

function letting(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (isA(node, "BooleanLiteral")) return node.value;
  if (!isCall(node) || !/^(?:cb|callback|done|next)$/i.test(nameOf(node.callee) ?? "")) return false;
  const last = node.arguments.at(-1);
  return last === undefined ? nameOf(node.callee) === "next" : isA(last, "BooleanLiteral") && last.value;
}

function isAllowing(fn: FunctionNode | undefined, module: Module): boolean {
  const name = fn === undefined ? undefined : module.nameOf(fn);
  return name !== undefined && allowing.test(name) && !refusing.test(name);
}

/** Whether a function has any branch. */
export function decidesWithin(fn: FunctionNode, module: Module): boolean {
  return module
    .nodesIn(fn)
    .some((node) =>
      isA(
        node,
        "IfStatement",
        "ConditionalExpression",
        "SwitchStatement",
        "TryStatement",
        "ThrowStatement",
        "LogicalExpression",
      ),
    );
}
