import { saysYes } from "./answers.ts";
import type { Module } from "./module.ts";
import {
  type CallNode,
  type FunctionNode,
  isA,
  isCall,
  isFunction,
  isMember,
  keyOf,
  methodOf,
  nameOf,
  type Node,
  textOf,
  within,
} from "./nodes.ts";
import { comparedBy, corsFunctions, isHeaderCall } from "./origin.ts";

/** Where the file decides by an Origin: not where it only writes it into a log, and not where it answers CORS. */
export function originChecks(module: Module): readonly Node[] {
  const known = checksOf.get(module);
  if (known !== undefined) return known;
  const cors = corsFunctions(module);
  // What asks for it while it is looked for is told nothing.
  checksOf.set(module, []);
  const found = module.nodes.filter(
    (node) => reads(node, module) && !answersCors(node, module, cors) && decides(node, module, 0),
  );
  checksOf.set(module, found);
  return found;
}

const checksOf = new WeakMap<Module, readonly Node[]>();

function reads(node: Node, module: Module): boolean {
  if (isCall(node)) return isHeaderCall(node);
  if (isA(node, "StringLiteral")) return /^sec-fetch-site$/i.test(node.value);
  if (isMember(node)) return readsFrom(node, module);
  if (isA(node, "Identifier") && /origin/i.test(node.name)) {
    const parent = module.parent(node);
    if (isMember(parent) && parent.property === node && !parent.computed) return false;
    if (isA(parent, "ObjectProperty") && parent.key === node && !parent.shorthand) return false;
    if (isFunction(parent)) return false;
    return isOwn(node, module);
  }
  return false;
}

function isOwn(node: Node, module: Module): boolean {
  const compared = comparedBy(node, module);
  return compared === "origin" || compared === "host";
}

/** `request.origin` of the package `websocket` is the header too. */
function readsFrom(
  node: Extract<Node, { type: "MemberExpression" | "OptionalMemberExpression" }>,
  module: Module,
): boolean {
  const key = keyOf(node.property, node.computed) ?? textOf(module.trace(node.property).root) ?? "";
  if (!/^origin$/i.test(key)) return false;
  if (isOwn(node, module)) return true;
  return /^(?:req|request)$/i.test(nameOf(node.object) ?? "") && module.packages.has("websocket");
}

/** In a function that writes CORS headers, or decides for a CORS middleware. */
function answersCors(node: Node, module: Module, cors: ReadonlySet<FunctionNode>): boolean {
  for (let fn = module.enclosing(node); fn !== undefined; fn = module.enclosing(fn)) {
    if (cors.has(fn)) return true;
    const text = module.textAt(fn);
    if (/access-control-allow-/i.test(text) && !/\bupgrade\b/i.test(text)) return true;
  }
  return false;
}

const telling =
  /^(?:is|has|assert|check|verif|validat|ensure|require|allow|authori[sz]|trust|match|permit|enforce|guard)|origin|cors/i;

/** What only puts a value somewhere. */
const writing =
  /^(?:accept|log|trace|debug|info|warn|warning|error|fatal|print|write|send|json|emit|set|setHeader|append|header|next)$/;

const noting = /^(?:log|print|trace|debug|record|track|note|count|report)[A-Z_]/;

/** What a refusal looks like. */
const refusing = /\bthrow\b|\.(?:destroy|close|terminate|reject|end|disconnect|abort)\(|\b40[134]\b/;

/** Whether anything comes of a value. Where that cannot be told, something does. */
function decides(node: Node, module: Module, depth: number, asked = false): boolean {
  if (depth > 12) return true;
  let inner = node;
  // Nothing was asked of it but whether it is there.
  let whole = !asked;
  let negated = false;
  for (let outer = module.parent(node); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "ExpressionStatement", "ObjectPattern", "ArrayPattern", "RestElement")) return false;
    if (isA(outer, "VariableDeclarator")) {
      if (!isA(outer.id, "Identifier")) return outer.init === inner;
      return (
        outer.init === inner && module.references(outer.id).some((each) => decides(each, module, depth + 1, !whole))
      );
    }
    if (isCall(outer) && outer.callee !== inner) {
      const told = toldBy(outer, module);
      if (told !== undefined) return told;
    }
    if (isCall(outer) && !isA(outer.callee, "Identifier", "Super", "Import")) whole = false;
    if (isCall(outer) && isA(outer.callee, "Identifier") && outer.callee.name !== "Boolean") whole = false;
    if (isCall(outer) && isA(outer.callee, "Identifier") && outer.callee.name === "Boolean") negated = true;
    if (isA(outer, "BinaryExpression") && outer.operator !== "+") {
      if (isPresence(outer, inner)) return false;
      whole = false;
    }
    if (isA(outer, "UnaryExpression")) {
      if (outer.operator === "typeof") return false;
      negated = true;
    }
    // `origin && ...`: what comes after it is what decides.
    if (isA(outer, "LogicalExpression") && outer.left === inner && whole && (outer.operator === "&&" || negated))
      return false;
    if (isA(outer, "IfStatement", "ConditionalExpression") && outer.test === inner)
      return !whole && !(isA(outer, "IfStatement") && onlyTells(outer));
    if (isA(outer, "SwitchStatement", "AssignmentExpression")) return true;
    if (isA(outer, "ReturnStatement")) return !(whole && negated);
    if (isFunction(outer)) return outer.body === inner && !(whole && negated);
  }
  return true;
}

/** What comes of a value that a call gets. `undefined` where it is part of what the call returns. */
function toldBy(call: CallNode, module: Module): boolean | undefined {
  const name = nameOf(call.callee) ?? "";
  if (writing.test(name) || noting.test(name)) return false;
  const fn = module.functionOf(call.callee);
  if (fn !== undefined && saysYes(fn, module)) return false;
  if (telling.test(name)) return true;
  const alone = isA(module.parent(call), "ExpressionStatement");
  if (fn !== undefined && alone) return refusing.test(module.textAt(fn));
  // `callback(allowed.includes(origin))`.
  const { root, members } = module.trace(call.callee);
  return members.length === 0 && isFunction(module.parent(root)) && !isFunction(root) ? true : undefined;
}

/** `origin === undefined`, `origin == null`, `origin !== ""`. */
function isPresence({ left, right }: Extract<Node, { type: "BinaryExpression" }>, inner: Node): boolean {
  const other = left === inner ? right : left;
  return isA(other, "NullLiteral") || textOf(other) === "" || nameOf(other) === "undefined";
}

/** Whether both ways of a condition only tell of it. */
function onlyTells({ consequent, alternate }: Extract<Node, { type: "IfStatement" }>): boolean {
  return onlyLogs(consequent) && (alternate === null || alternate === undefined || onlyLogs(alternate));
}

function onlyLogs(statement: Node): boolean {
  if (isA(statement, "BlockStatement")) return statement.body.every((each) => onlyLogs(each));
  if (isA(statement, "EmptyStatement")) return true;
  if (!isA(statement, "ExpressionStatement")) return false;
  const { expression } = statement;
  if (isA(expression, "UpdateExpression")) return true;
  if (!isCall(expression)) return false;
  const method = methodOf(expression);
  const name = nameOf(expression.callee) ?? "";
  if (method === undefined) return /^(?:log|debug|warn|print|trace)$/.test(name) || noting.test(name);
  const of = nameOf(method.object) ?? "";
  if (/^(?:console|log|logger|winston|pino|debug|Sentry)$/i.test(of) || /logger?$/i.test(of)) return true;
  return /^(?:inc|increment|record|track|captureMessage)$/.test(name);
}

/** What of the project can be found from a script. */
export interface Surroundings {
  /** The scripts that a path is imported from. */
  imported(module: Module, from: string): readonly Module[];
  /** Methods and functions of that name in the files around. */
  named(module: Module, name: string): readonly FunctionNode[];
}

/** Whether a function, or a class, decides by the Origin: itself, or what it hands the request to. */
export function checksOrigin(fn: Node, from: Module, around: Surroundings, depth = 0): boolean {
  const module = from.of(fn);
  if (originChecks(module).some((node) => within(node, fn))) return true;
  if (depth > 3) return false;
  return module.callsIn(fn).some((call) => {
    const callee = module.exported(call.callee);
    if (callee?.from.startsWith("@wsorigin/") === true) return true;
    const name = nameOf(call.callee) ?? "";
    const target = module.functionOf(call.callee);
    if (target === fn || (target !== undefined && saysYes(target, module))) return false;
    if (/origin/i.test(name) && !noting.test(name)) return true;
    // The policy of another file.
    if (/^(?:check|decide)$/.test(name) && /policy/i.test(nameOf(methodOf(call)?.object) ?? "")) return true;
    const method = methodOf(call);
    if (method !== undefined && /^(?:check|decide)$/.test(method.name)) {
      const { root } = module.trace(method.object);
      if (isCall(root) && module.exported(root.callee)?.from.startsWith("@wsorigin/") === true) return true;
    }
    if (isCall(module.parent(call)) && !decides(call, module, 0)) return false;
    if (target !== undefined) return checksOrigin(target, module, around, depth + 1);
    if (isLibrary(call.callee, module)) return false;
    const file = module.importedFile(call.callee);
    if (file !== undefined && around.imported(module, file).some((other) => originChecks(other).length > 0))
      return true;
    if (method === undefined || common.test(method.name)) return false;
    return around
      .named(module, method.name)
      .some((each) => originChecks(module.of(each)).some((node) => within(node, each)));
  });
}

/** Names that so many objects have that one says nothing of another. */
const common =
  /^(?:on|once|emit|handleUpgrade|destroy|close|end|write|send|get|set|has|push|map|filter|find|some|then|catch|log|error|info|warn|use|next|toString|bind|call|apply)$/;

function isLibrary(callee: Node, module: Module): boolean {
  const exported = module.exported(callee);
  return exported !== undefined && !/^[.@~#]/.test(exported.from);
}
