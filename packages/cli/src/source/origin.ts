import type { Module } from "./module.ts";
import {
  bare,
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

/** What is compared: the Origin as it came, or the host in it. */
export type Compared = "origin" | "host";

const corsPackages = new Set(["cors", "@fastify/cors", "@koa/cors", "hono/cors"]);

export function isCorsPackage(name: string | undefined): boolean {
  return name !== undefined && corsPackages.has(name);
}

/** The functions that decide for CORS: `cors({ origin: (origin, callback) => ... })`. */
export function corsFunctions(module: Module): Set<FunctionNode> {
  const known = corsOf.get(module);
  if (known !== undefined) return known;
  const found = new Set<FunctionNode>();
  corsOf.set(module, found);
  for (const options of corsOptionsOf(module)) {
    for (const property of options.properties) {
      if (isA(property, "SpreadElement") || keyOf(property.key, property.computed) !== "origin") continue;
      const fn = module.functionOf(isA(property, "ObjectMethod") ? property : property.value);
      if (fn !== undefined) found.add(fn);
    }
  }
  return found;
}

const corsOf = new WeakMap<Module, Set<FunctionNode>>();

/** The options that CORS middleware gets, and the `cors` of Socket.IO. */
export function corsOptionsOf(module: Module): Extract<Node, { type: "ObjectExpression" }>[] {
  const found: Extract<Node, { type: "ObjectExpression" }>[] = [];
  const add = (node: Node | undefined): void => {
    const object = module.objectOf(node);
    if (object !== undefined) found.push(object);
  };
  for (const call of module.calls) {
    const [first, second] = call.arguments;
    const callee = module.exported(call.callee);
    if (isCorsPackage(callee?.from)) add(first);
    if (methodOf(call)?.name === "register" && isCorsPackage(module.exported(first)?.from)) add(second);
    if (callee?.from === "socket.io")
      for (const argument of call.arguments) {
        const options = module.objectOf(argument);
        if (options === undefined) continue;
        for (const property of options.properties)
          if (isA(property, "ObjectProperty") && keyOf(property.key, property.computed) === "cors") add(property.value);
      }
  }
  return found;
}

/**
 * Whether an expression is the Origin of a request, or the host in it. Names alone count only for parameters, where the file has to do with
 * requests.
 */
export function comparedBy(node: Node, module: Module, depth = 0): Compared | undefined {
  if (depth > 12) return undefined;
  const inner = bare(node);
  if (isA(inner, "LogicalExpression") && inner.operator !== "&&") return comparedBy(inner.left, module, depth + 1);
  if (
    isA(inner, "TemplateLiteral") &&
    inner.expressions.length === 1 &&
    inner.quasis.every(({ value }) => value.raw === "")
  )
    return inner.expressions[0] === undefined ? undefined : comparedBy(inner.expressions[0], module, depth + 1);
  if (isCall(inner)) {
    if (isHeaderCall(inner)) return "origin";
    const method = methodOf(inner);
    if (
      method !== undefined &&
      /^(?:toString|trim|toLowerCase|toLocaleLowerCase|toUpperCase|valueOf)$/.test(method.name)
    )
      return comparedBy(method.object, module, depth + 1);
    const [first] = inner.arguments;
    if (isA(inner, "CallExpression") && module.isGlobal(inner.callee, "String") && first !== undefined)
      return comparedBy(first, module, depth + 1);
    return undefined;
  }
  const { root, members } = module.trace(inner);
  const last = members.at(-1);
  if (isUrl(root, module) && members.length === 1 && /^(?:hostname|host|origin|href)$/.test(last ?? "")) {
    const [first] = root.arguments;
    const of = first === undefined ? undefined : comparedBy(first, module, depth + 1);
    return of === undefined ? undefined : last?.startsWith("host") === true ? "host" : "origin";
  }
  if (members.length === 0) {
    if (root !== inner && !isParameter(root, module)) return comparedBy(root, module, depth + 1);
    return isOriginParameter(inner, root, module) ? "origin" : undefined;
  }
  if (last === undefined || !/^origin$/i.test(last)) return undefined;
  const holder = members.at(-2) ?? (isMember(root) ? keyOf(root.property, root.computed) : nameOf(root));
  if (holder !== undefined && /^(?:headers?|reqHeaders|requestHeaders)$/i.test(holder)) return "origin";
  return members.length === 1 && isVerifyParameter(root, module) ? "origin" : undefined;
}

function isUrl(node: Node, module: Module): node is Extract<Node, { type: "NewExpression" }> {
  return isA(node, "NewExpression") && module.isGlobal(node.callee, "URL");
}

/** `request.get("Origin")` and the like. */
function isHeaderCall(call: CallNode): boolean {
  const method = methodOf(call);
  if (method === undefined || !/^(?:get|header|getHeader)$/.test(method.name)) return false;
  return /^origin$/i.test(textOf(call.arguments[0]) ?? "");
}

function isParameter(node: Node, module: Module): boolean {
  const fn = module.parent(node);
  return isFunction(fn) && fn.params.some((param) => param === node);
}

/** Whether a file has to do with origins of pages, and not with those of flights or of Git. */
function isWeb({ source }: Module): boolean {
  return /\bheaders\b|origins\b|isOrigin|isAllowed|\bcors\b|WebSocketServer|\bupgrade\b|\bURL\(|localhost|https?:/i.test(
    source,
  );
}

function isOriginParameter(name: Node, root: Node, module: Module): boolean {
  const fn = module.parent(root);
  if (!isFunction(fn) || fn.params.every((param) => param !== root)) return false;
  if (
    fn.params[0] === root &&
    corsFunctions(module).has(fn) &&
    !/^(?:ctx|context|req|request)$/i.test(nameOf(root) ?? "")
  )
    return true;
  return /^(?:request|req|client|ws|socket|http)?_?origin(?:header|value)?$/i.test(nameOf(name) ?? "") && isWeb(module);
}

/** `info` of `verifyClient: (info) => info.origin === ...`. */
function isVerifyParameter(root: Node, module: Module): boolean {
  const fn = module.parent(root);
  if (!isFunction(fn) || fn.params[0] !== root) return false;
  if (isA(root, "Identifier") && root.name === "info") return true;
  return verifyFunctions(module).has(fn);
}

const verifyOf = new WeakMap<Module, Set<FunctionNode>>();

function verifyFunctions(module: Module): Set<FunctionNode> {
  const known = verifyOf.get(module);
  if (known !== undefined) return known;
  const found = new Set<FunctionNode>();
  verifyOf.set(module, found);
  for (const node of module.nodes) {
    if (isA(node, "ObjectMethod") && keyOf(node.key, node.computed) === "verifyClient") found.add(node);
    if (!isA(node, "ObjectProperty") || keyOf(node.key, node.computed) !== "verifyClient") continue;
    const fn = module.functionOf(node.value);
    if (fn !== undefined) found.add(fn);
  }
  return found;
}

/** Where the file decides by an Origin: not where it only writes it into a log, and not where it answers CORS. */
export function originChecks(module: Module): readonly Node[] {
  const known = checksOf.get(module);
  if (known !== undefined) return known;
  const cors = corsFunctions(module);
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
  if (isMember(node)) return /^origin$/i.test(keyOf(node.property, node.computed) ?? "") && readsFrom(node, module);
  if (isA(node, "Identifier") && /origin/i.test(node.name)) {
    const parent = module.parent(node);
    if (isMember(parent) && parent.property === node && !parent.computed) return false;
    if (isA(parent, "ObjectProperty") && parent.key === node && !parent.shorthand) return false;
    if (isFunction(parent)) return false;
    return comparedBy(node, module) !== undefined;
  }
  return false;
}

/** `request.origin` of the package `websocket` is the header too. */
function readsFrom(node: Node, module: Module): boolean {
  if (comparedBy(node, module) !== undefined) return true;
  return isMember(node) && /^(?:req|request)$/i.test(nameOf(node.object) ?? "") && module.packages.has("websocket");
}

/** In a function that writes CORS headers, or decides for a CORS middleware. */
function answersCors(node: Node, module: Module, cors: ReadonlySet<FunctionNode>): boolean {
  for (let fn = module.enclosing(node); fn !== undefined; fn = module.enclosing(fn)) {
    if (cors.has(fn)) return true;
    const text = module.source.slice(fn.start ?? 0, fn.end ?? 0);
    if (/access-control-allow-/i.test(text) && !/\bupgrade\b/i.test(text)) return true;
  }
  return false;
}

const telling =
  /^(?:is|has|assert|check|verif|validat|ensure|require|allow|authori[sz]|trust|match|permit)|origin|cors/i;

/** What only puts a value somewhere. */
const writing =
  /^(?:accept|log|trace|debug|info|warn|warning|error|fatal|print|write|send|json|emit|set|setHeader|append|header|next)$/;

/** Whether anything comes of a value. Where that cannot be told, something does. */
function decides(node: Node, module: Module, depth: number): boolean {
  if (depth > 12) return true;
  let inner = node;
  for (let outer = module.parent(node); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "ExpressionStatement")) return false;
    if (isA(outer, "VariableDeclarator")) {
      if (!isA(outer.id, "Identifier")) return outer.init === inner;
      return outer.init === inner && module.references(outer.id).some((each) => decides(each, module, depth + 1));
    }
    if (isA(outer, "ObjectPattern", "ArrayPattern", "RestElement")) return false;
    if (isCall(outer) && outer.callee !== inner) {
      const name = nameOf(outer.callee) ?? "";
      if (writing.test(name)) return false;
      if (telling.test(name)) return true;
    }
    if (isA(outer, "BinaryExpression") && outer.operator !== "+") return true;
    if (isA(outer, "UnaryExpression", "IfStatement", "SwitchStatement", "ReturnStatement", "AssignmentExpression"))
      return true;
    if (isA(outer, "ConditionalExpression") && outer.test === inner) return true;
    if (isFunction(outer)) return outer.body === inner;
  }
  return true;
}

/** Whether a function decides by the Origin: itself, or what it hands the request to. */
export function checksOrigin(fn: Node, module: Module, imported: (from: string) => Module[], depth = 0): boolean {
  if (originChecks(module).some((node) => within(node, fn))) return true;
  if (depth > 3) return false;
  return module.calls.some((call) => {
    if (!within(call, fn)) return false;
    const callee = module.exported(call.callee);
    if (callee?.from.startsWith("@wsorigin/") === true) return true;
    const name = nameOf(call.callee) ?? "";
    if (/origin/i.test(name)) return true;
    // The policy of another file.
    if (/^(?:check|decide)$/.test(name) && /policy/i.test(nameOf(methodOf(call)?.object) ?? "")) return true;
    const method = methodOf(call);
    if (method !== undefined && /^(?:check|decide)$/.test(method.name)) {
      const { root } = module.trace(method.object);
      if (isCall(root) && module.exported(root.callee)?.from.startsWith("@wsorigin/") === true) return true;
    }
    if (isCall(module.parent(call)) && !decides(call, module, 0)) return false;
    const local = module.functionOf(call.callee);
    if (local !== undefined) return local !== fn && checksOrigin(local, module, imported, depth + 1);
    const from = module.importedFile(call.callee);
    return from !== undefined && imported(from).some((other) => originChecks(other).length > 0);
  });
}
