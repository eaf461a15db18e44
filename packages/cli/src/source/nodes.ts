import type { Scope } from "@babel/traverse";
import type * as t from "@babel/types";

export type Node = t.Node;
export type NodeOf<Type extends Node["type"]> = Extract<Node, { type: Type }>;
export type ScopeOf = Scope;
export type Comment = t.Comment;
export type ObjectNode = t.ObjectExpression;
export type CallNode = t.CallExpression | t.OptionalCallExpression | t.NewExpression;
export type FunctionNode =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod
  | t.ClassPrivateMethod;

export type Maybe = Node | null | undefined;

export function isA<Type extends Node["type"]>(node: Maybe, ...types: readonly Type[]): node is NodeOf<Type> {
  return node !== null && node !== undefined && types.some((type) => type === node.type);
}

export function isFunction(node: Maybe): node is FunctionNode {
  return isA(
    node,
    "FunctionDeclaration",
    "FunctionExpression",
    "ArrowFunctionExpression",
    "ObjectMethod",
    "ClassMethod",
    "ClassPrivateMethod",
  );
}

export function isCall(node: Maybe): node is CallNode {
  return isA(node, "CallExpression", "OptionalCallExpression", "NewExpression");
}

export function isMember(node: Maybe): node is t.MemberExpression | t.OptionalMemberExpression {
  return isA(node, "MemberExpression", "OptionalMemberExpression");
}

/** Without the casts, `await` and brackets around it. */
export function bare(node: Node): Node {
  let inner = node;
  while (
    isA(
      inner,
      "TSAsExpression",
      "TSSatisfiesExpression",
      "TSNonNullExpression",
      "TSTypeAssertion",
      "TypeCastExpression",
      "ParenthesizedExpression",
    )
  )
    inner = inner.expression;
  return isA(inner, "AwaitExpression") ? bare(inner.argument) : inner;
}

/** A fixed name of a property: `a.name`, `a["name"]`, `{ name }`. */
export function keyOf(key: Node, computed: boolean): string | undefined {
  if (isA(key, "StringLiteral")) return key.value;
  if (isA(key, "NumericLiteral")) return `[${key.value}]`;
  if (!computed && isA(key, "Identifier")) return key.name;
  return isA(key, "PrivateName") ? `#${key.id.name}` : undefined;
}

/** The last name of what is called or read: `check` of `a.b.check`. */
export function nameOf(node: Maybe): string | undefined {
  if (node === null || node === undefined) return undefined;
  const inner = bare(node);
  if (isA(inner, "Identifier")) return inner.name;
  return isMember(inner) ? keyOf(inner.property, inner.computed) : undefined;
}

/** What an expression is where it is a fixed text. */
export function textOf(node: Maybe): string | undefined {
  if (node === null || node === undefined) return undefined;
  const inner = bare(node);
  if (isA(inner, "StringLiteral")) return inner.value;
  if (isA(inner, "TemplateLiteral") && inner.expressions.length === 0)
    return inner.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The value of an object's property: an expression, or the method itself. */
export function propertyOf(object: ObjectNode, name: string): Node | undefined {
  const property = object.properties.findLast(
    (each) => !isA(each, "SpreadElement") && keyOf(each.key, each.computed) === name,
  );
  return isA(property, "ObjectProperty") ? property.value : property;
}

const homes = new WeakMap<Node, object>();

/** Remembers which script a node is of. */
export function settle(node: Node, home: object): void {
  homes.set(node, home);
}

/** The script that a node is of. */
export function homeOf(node: Node): object | undefined {
  return homes.get(node);
}

/** Whether one node lies within another. Nodes of different scripts never do. */
export function within(node: Node, outer: Node): boolean {
  if (homes.get(node) !== homes.get(outer)) return false;
  return (node.start ?? -1) >= (outer.start ?? 0) && (node.end ?? Infinity) <= (outer.end ?? -1);
}

/** The method that is called and the object it is called on: `server.on(...)`. */
export function methodOf(call: CallNode): { readonly object: Node; readonly name: string } | undefined {
  if (isA(call, "NewExpression")) return undefined;
  const callee = bare(call.callee);
  if (!isMember(callee)) return undefined;
  const name = keyOf(callee.property, callee.computed);
  return name === undefined ? undefined : { object: callee.object, name };
}
