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
} from "./nodes.ts";

/** What is compared: the Origin as it came, or the host in it; or a Referer. */
export type Compared = "origin" | "host" | "referer";

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
    const header = headerOf(inner);
    if (header !== undefined) return header;
    const method = methodOf(inner);
    if (method !== undefined && same.test(method.name)) return comparedBy(method.object, module, depth + 1);
    if (method !== undefined && cutting.test(method.name))
      return partOf(comparedBy(method.object, module, depth + 1), inner.arguments);
    const [first] = inner.arguments;
    if (isA(inner, "CallExpression") && module.isGlobal(inner.callee, "String") && first !== undefined)
      return comparedBy(first, module, depth + 1);
    return undefined;
  }
  const { root, members } = module.trace(inner);
  const last = members.at(-1);
  // `origin.split("//")[1]`, also taken apart.
  if (isCall(root) && members.length === 1 && /^\[\d+\]$/.test(last ?? "") && methodOf(root)?.name === "split") {
    const of = methodOf(root)?.object;
    return of === undefined ? undefined : partOf(comparedBy(of, module, depth + 1), root.arguments);
  }
  if (isUrl(root, module) && members.length === 1 && /^(?:hostname|host|origin|href)$/.test(last ?? "")) {
    const [first] = root.arguments;
    const of = first === undefined ? undefined : comparedBy(first, module, depth + 1);
    if (of === "referer") return of;
    return of === undefined ? undefined : last?.startsWith("host") === true ? "host" : "origin";
  }
  if (members.length === 0) {
    if (root !== inner && !isParameter(root, module)) return comparedBy(root, module, depth + 1);
    return isOriginParameter(inner, root, module) ? "origin" : undefined;
  }
  if (last === undefined || !/^(?:origin|referr?er)$/i.test(last)) return undefined;
  const kind = /^origin$/i.test(last) ? "origin" : "referer";
  const holder = members.at(-2) ?? (isMember(root) ? keyOf(root.property, root.computed) : nameOf(root));
  if (holder !== undefined && /^(?:headers?|reqHeaders|requestHeaders)$/i.test(holder)) return kind;
  if (members.length !== 1) return undefined;
  if (kind === "origin" && isVerifyParameter(root, module)) return kind;
  return isHeadersParameter(inner, root, module) ? kind : undefined;
}

/** What leaves a text as it is, for this purpose. */
const same = /^(?:toString|trim|toLowerCase|toLocaleLowerCase|toUpperCase|valueOf|normalize)$/;
const cutting = /^(?:slice|substring|substr|replace|replaceAll)$/;

/** What is left of an Origin: its host where its scheme is cut off. The beginning of one is compared elsewhere. */
function partOf(whole: Compared | undefined, args: readonly Node[]): Compared | undefined {
  if (whole !== "origin") return whole;
  const [first] = args;
  if (isA(first, "NumericLiteral")) return first.value >= 7 ? "host" : first.value === 0 ? undefined : whole;
  const text = isA(first, "RegExpLiteral") ? first.pattern.replaceAll("\\/", "/") : (textOf(first) ?? "");
  return /\/\/|http/.test(text) ? "host" : whole;
}

/** A parameter that a function reads headers from: `(h) => h["origin"]`, or one that is declared or called so. */
function isHeadersParameter(read: Node, root: Node, module: Module): boolean {
  if (!isParameter(root, module)) return false;
  if (isMember(read) && read.computed) return true;
  const text = module.textAt(root);
  return /^(?:h|hs|hdrs?)\b|headers?\b/i.test(text);
}

function isUrl(node: Node, module: Module): node is Extract<Node, { type: "NewExpression" }> {
  return isA(node, "NewExpression") && module.isGlobal(node.callee, "URL");
}

/** `request.get("Origin")` and the like; `get(request, "headers.origin")`. */
function headerOf(call: CallNode): "origin" | "referer" | undefined {
  if (isA(call, "NewExpression")) return undefined;
  const name = nameOf(call.callee) ?? "";
  for (const argument of call.arguments) {
    const match = /^(headers\.|.*\.headers\.)?(origin|referr?er)$/i.exec(textOf(argument) ?? "");
    if (match === null) continue;
    if (match[1] === undefined && !/^(?:get|header|getHeader)$/.test(name) && !/header/i.test(name)) continue;
    return /^origin$/i.test(match[2] ?? "") ? "origin" : "referer";
  }
  return undefined;
}

/** Whether a call reads the header Origin. */
export function isHeaderCall(call: CallNode): boolean {
  return headerOf(call) === "origin";
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

/** Has the functions known that other files hand to a server as `verifyClient`. */
export function knowVerifiers(modules: readonly Module[]): void {
  for (const module of modules)
    for (const node of module.ofType("ObjectProperty")) {
      const fn = keyOf(node.key, node.computed) === "verifyClient" ? module.functionOf(node.value) : undefined;
      if (fn !== undefined) verifyFunctions(module.of(fn)).add(fn);
    }
}

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
