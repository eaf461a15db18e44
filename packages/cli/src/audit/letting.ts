import type { Module } from "../source/module.ts";
import { type FunctionNode, type Node, isA, isCall, isFunction, keyOf, nameOf, within } from "../source/nodes.ts";

const refusing = /bad|invalid|reject|block|den(?:y|ied)|forbid|missing|opaque|foreign|^not|^no[A-Z]|evil|suspicious/i;

const allowing = /allow|valid|check|trust|accept|permit|verif|origin|cors|match|authori/i;

/** Whether somebody is let in where a condition holds. `false` where that cannot be told. */
export function allowsWhenTrue(condition: Node, module: Module): boolean {
  let inner = condition;
  for (let outer = module.parent(condition); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "LogicalExpression")) {
      if (outer.operator !== "||") return false;
    } else if (isA(outer, "ReturnStatement")) return isAllowing(module.enclosing(outer), module);
    else if (isFunction(outer)) return outer.body === inner && isAllowing(outer, module);
    else if (isA(outer, "IfStatement")) return outer.test === inner && lets(outer.consequent);
    else if (isCall(outer)) return /^(?:cb|callback|done|next)$/i.test(nameOf(outer.callee) ?? "");
    else if (isA(outer, "ConditionalExpression")) {
      if (outer.test !== inner || !isA(outer.consequent, "BooleanLiteral") || !outer.consequent.value) return false;
    } else if (!isA(outer, "ParenthesizedExpression", "TSAsExpression")) return false;
  }
  return false;
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
  const name = fn === undefined ? undefined : functionName(fn, module);
  return name !== undefined && allowing.test(name) && !refusing.test(name);
}

function functionName(fn: FunctionNode, module: Module): string | undefined {
  if (isA(fn, "FunctionDeclaration", "FunctionExpression") && fn.id !== null && fn.id !== undefined) return fn.id.name;
  if (isA(fn, "ObjectMethod", "ClassMethod")) return keyOf(fn.key, fn.computed === true);
  const parent = module.parent(fn);
  if (isA(parent, "VariableDeclarator")) return nameOf(parent.id);
  if (isA(parent, "ObjectProperty", "ClassProperty")) return nameOf(parent.key);
  return isA(parent, "AssignmentExpression") ? nameOf(parent.left) : undefined;
}

/** Whether a function has any branch. */
export function decidesWithin(fn: FunctionNode, module: Module): boolean {
  return module.nodes.some(
    (node) =>
      isA(
        node,
        "IfStatement",
        "ConditionalExpression",
        "SwitchStatement",
        "TryStatement",
        "ThrowStatement",
        "LogicalExpression",
      ) && within(node, fn),
  );
}
