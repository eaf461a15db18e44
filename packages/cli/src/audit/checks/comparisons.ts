import { elements, elementsOf, listed, patternsOf, textsOf } from "../../source/lists.ts";
import type { Module } from "../../source/module.ts";
import {
  type CallNode,
  type FunctionNode,
  type Node,
  bare,
  isA,
  isCall,
  isFunction,
  isMember,
  methodOf,
  textOf,
  within,
} from "../../source/nodes.ts";
import { type Compared, comparedBy, corsFunctions } from "../../source/origin.ts";
import { asItCame, asksPolicy, withoutState } from "../rewrites.ts";
import { type Check, type Rewrite, relevant } from "../check.ts";
import { type Comparison, entriesFor, entriesForPattern, fixFor } from "../entries.ts";
import { allowsWhenTrue, refusesWhenFalse } from "../letting.ts";
import { isShared, faultOfShared } from "../shared-names.ts";
import { faultOf } from "../pattern.ts";
import { checkCorsOptions } from "./cors-options.ts";

/** Comparisons of an Origin that let others in, wherever they stand. */
export const checkOrigins: Check = function* checkOrigins(module, project) {
  if (!project.uses(module, relevant)) return;
  const guarded = project.guarded(module);
  const cors = corsFunctions(module);
  const counts = (node: Node): boolean => !guarded || [...cors].some((fn) => within(node, fn));
  for (const node of module.nodes) {
    const found = comparison(node, module);
    if (found !== undefined && counts(node)) {
      const change = changeFor(found, node, module);
      yield { rule: found.rule, module, node, fix: fixFor(module, found, isIn(node, cors)), change };
    }
  }
  yield* checkCorsOptions(module);
};

function changeFor({ rule, origin, entries }: Comparison, node: Node, module: Module): Rewrite | undefined {
  if (rule === "caseFolded") return folding(node, module);
  if (rule === "stateful") return withoutState(node, module);
  return origin === undefined ? undefined : asksPolicy(node, origin, entries, module);
}

/** What is changed before it is compared stays as it came. */
function folding(node: Node, module: Module): Rewrite | undefined {
  const sides = isA(node, "BinaryExpression") ? [node.left, node.right] : isCall(node) ? node.arguments : [];
  const folded = sides.find((each) => isFolded(each) && comparedBy(each, module) === "origin");
  return folded === undefined ? undefined : asItCame(folded);
}

function isIn(node: Node, functions: ReadonlySet<FunctionNode>): boolean {
  return [...functions].some((fn) => within(node, fn));
}

function comparison(node: Node, module: Module): Comparison | undefined {
  if (isA(node, "CallExpression", "OptionalCallExpression")) return comparingCall(node, module);
  return isA(node, "BinaryExpression") ? comparingSigns(node, module) : undefined;
}

/** `origin.slice(0, 23)` and `origin.slice(-11)`: the beginning of an Origin, or its end. */
function cutOf(node: Node, module: Module): "start" | "end" | undefined {
  const { root, members } = module.trace(node);
  if (members.length > 0 || !isCall(root)) return undefined;
  const method = methodOf(root);
  const [from, to] = root.arguments;
  if (method === undefined || !/^(?:slice|substring|substr)$/.test(method.name)) return undefined;
  const own = comparedBy(method.object, module);
  if (own !== "origin" && own !== "host") return undefined;
  if (isA(from, "NumericLiteral") && from.value === 0 && to !== undefined) return "start";
  return isA(from, "UnaryExpression") && from.operator === "-" && to === undefined ? "end" : undefined;
}

/** Something that an origin may be compared with, and no number or truth value. */
function isCompared(node: Node, module: Module): boolean {
  const { root } = module.trace(node);
  return !isA(root, "NumericLiteral", "BooleanLiteral", "NullLiteral") && textOf(root) !== "";
}

function comparedPart(cut: "start" | "end", text: string | undefined): Comparison | undefined {
  if (cut === "start") {
    if (text !== undefined && isWholeStart(text, "origin")) return undefined;
    return { rule: "prefix", entries: entriesFor(text ?? "", "origin") };
  }
  const name = text?.replace(/^\./, "") ?? "";
  if (isShared(name)) return { rule: "suffix", entries: entriesFor(name, "host"), fault: faultOfShared(name) };
  if (text === undefined || /^[./:]/.test(text) || text.includes("/")) return undefined;
  return { rule: "suffix", entries: entriesFor(text, "host") };
}

const lists = /origin|allow|white_?list|cors|trusted|permitted|domain|\bhosts?\b/i;

/** `allowed.includes("*")`: whether a condition on the settings lets every page in. */
function opensAll(condition: Node, list: Node, module: Module): boolean {
  const inner = module.trace(list).root;
  const of = elementsOf(inner, module);
  const name = listName(of === undefined && !isFunction(module.parent(inner)) ? list : inner, module);
  if (!lists.test(name) || comparedBy(list, module) !== undefined) return false;
  const known = of ?? elements(list, module);
  if (known !== undefined && known.every((each) => textOf(each) !== undefined && textOf(each) !== "*")) return false;
  return allowsWhenTrue(condition, module) || refusesWhenFalse(condition, module);
}

/** What a list is called; for the parameter of a callback, the list that it goes through. */
function listName(node: Node, module: Module): string {
  const fn = module.parent(node);
  const call = isFunction(fn) ? module.parent(fn) : undefined;
  const list = isCall(call) ? methodOf(call)?.object : undefined;
  return module.textAt(list ?? node);
}

/** Whether a comparison stands where a handshake is decided. */
function decidesSocket(node: Node, module: Module): boolean {
  for (let fn = module.enclosing(node); fn !== undefined; fn = module.enclosing(fn)) {
    if (/verifyClient|allowRequest|shouldHandle|origin|upgrade|socket|allowed/i.test(module.nameOf(fn) ?? ""))
      return true;
    const call = module.parent(fn);
    if (isCall(call) && /^(?:upgrade|connection|connect)$/.test(textOf(call.arguments[0]) ?? "")) return true;
  }
  return false;
}

const comparing = /^(?:includes|indexOf|lastIndexOf|startsWith|endsWith|match|search|test|exec|has)$/;

function comparingCall(call: CallNode, module: Module): Comparison | undefined {
  const method = methodOf(call);
  const [value] = call.arguments;
  if (method === undefined || value === undefined || !comparing.test(method.name)) return undefined;
  if (textOf(value) === "*" && /^(?:includes|has|indexOf)$/.test(method.name))
    return opensAll(conditionOf(call, module), method.object, module) ? { rule: "anyListed", entries: [] } : undefined;
  const own = comparedBy(method.object, module);
  if (own !== undefined) {
    if (isSeveral(method.object, module) || (own === "referer" && !decidesSocket(call, module))) return undefined;
    return partOf(call, method.name, value, own, module);
  }
  const other = comparedBy(value, module);
  if (other === undefined || other === "referer") return undefined;
  if (/^(?:test|exec)$/.test(method.name))
    return isTakenApart(call, module) ? undefined : patternIn(method.object, module);
  const texts = textsOf(method.object, module) ?? [];
  const entries = texts.flatMap((text) => entriesFor(text, other));
  if (method.name === "startsWith") return { rule: "prefix", entries };
  if (method.name === "endsWith") return { rule: "suffix", entries };
  if (/^(?:match|search)$/.test(method.name))
    return isTakenApart(call, module) ? undefined : { rule: "substring", entries };
  if (method.name === "includes" && isText(method.object, module)) return { rule: "substring", entries };
  const sign = /^(?:i|lastI)ndexOf$/.test(method.name) ? signOf(call, module) : undefined;
  if (sign !== undefined && isText(method.object, module))
    return { rule: sign === "start" ? "prefix" : "substring", entries };
  if (!/^(?:includes|has)$/.test(method.name)) return undefined;
  if (listed(method.object, module).includes("null")) return { rule: "opaqueAllowed", entries: [] };
  return other === "origin" && isFolded(value) ? { rule: "caseFolded", entries: [] } : undefined;
}

/** `origin.includes(value)` and its like. */
function partOf(call: CallNode, name: string, value: Node, kind: Compared, module: Module): Comparison | undefined {
  if (/^(?:match|search)$/.test(name)) return isTakenApart(call, module) ? undefined : patternIn(value, module);
  const texts = textsOf(value, module);
  const entries = texts?.flatMap((text) => entriesFor(text, kind)) ?? [];
  const complete = texts?.every((text) => entriesFor(text, kind).length > 0) === true && entries.length > 0;
  const origin =
    complete && kind === "origin" && name !== "indexOf" && name !== "lastIndexOf" ? methodOf(call)?.object : undefined;
  if (name === "endsWith") {
    if (kind === "referer") return undefined;
    const shared = texts?.map((each) => each.replace(/^\./, "")).find((each) => isShared(each));
    if (shared !== undefined)
      return { rule: "suffix", entries: entriesFor(shared, kind), fault: faultOfShared(shared) };
    const text = texts?.find((each) => /^[a-z0-9]/i.test(each) && !each.includes("/") && /[a-z]{2}/i.test(each));
    return text === undefined ? undefined : { rule: "suffix", entries, origin };
  }
  const sign = /^(?:i|lastI)ndexOf$/.test(name) ? signOf(call, module) : undefined;
  if (name === "startsWith" || sign === "start") {
    if (texts !== undefined && texts.every((text) => isWholeStart(text, kind))) return undefined;
    // Without a scheme it is no origin's beginning.
    if (kind === "origin" && texts?.every((text) => !/^[a-z-]+:/i.test(text)) === true) return undefined;
    return /:$|:\/\/$/.test(endOf(value)) ? undefined : { rule: "prefix", entries, origin };
  }
  if (name !== "includes" && sign !== "somewhere") return undefined;
  if (texts !== undefined && texts.every((text) => !/[a-z0-9]{2}/i.test(text) || /^[a-z-]+:(?:\/\/)?$/i.test(text)))
    return undefined;
  return { rule: "substring", entries, origin };
}

/** Whether it is the parts of a match that are asked for, and not whether there is one. */
function isTakenApart(call: CallNode, module: Module): boolean {
  const parent = module.parent(call);
  if (isMember(parent)) return parent.object === call;
  if (!isA(parent, "VariableDeclarator")) return false;
  if (!isA(parent.id, "Identifier")) return true;
  return module.references(parent.id).some((each) => isMember(module.parent(each)));
}

/** A scheme by itself, or all up to the port: nothing of another host begins so. */
function isWholeStart(text: string, kind: Compared): boolean {
  if (text === "" || /^[a-z-]{2,}:?(?:\/\/)?$/i.test(text) === true) return kind === "origin";
  if (kind === "referer" && /^https?:\/\/[^/]+\//.test(text)) return true;
  return /[^/]:(?:\d*)$/.test(text);
}

/** What is asked of `indexOf`: the comparison around it. */
function conditionOf(call: Node, module: Module): Node {
  const parent = module.parent(call);
  return isA(parent, "BinaryExpression") ? parent : call;
}

/** The fixed text that an expression ends with. */
function endOf(node: Node): string {
  const inner = bare(node);
  if (isA(inner, "TemplateLiteral")) return inner.quasis.at(-1)?.value.cooked ?? "";
  return isA(inner, "BinaryExpression") ? (textOf(inner.right) ?? "") : "";
}

/** Whether what `indexOf` gives is compared with 0 or with -1. */
function signOf(call: Node, module: Module): "start" | "somewhere" | undefined {
  const parent = module.parent(call);
  if (isA(parent, "UnaryExpression")) return parent.operator === "~" ? "somewhere" : undefined;
  if (!isA(parent, "BinaryExpression")) return undefined;
  const other = parent.left === call ? parent.right : parent.left;
  const number = isA(other, "NumericLiteral")
    ? other.value
    : isA(other, "UnaryExpression") && other.operator === "-" && isA(other.argument, "NumericLiteral")
      ? -other.argument.value
      : undefined;
  if (number === 0) return /^[=!]==?$/.test(parent.operator) ? "start" : "somewhere";
  return number === -1 ? "somewhere" : undefined;
}

function comparingSigns(node: Extract<Node, { type: "BinaryExpression" }>, module: Module): Comparison | undefined {
  if (!/^===?$/.test(node.operator)) return undefined;
  const sides: [Node, Node][] = [
    [node.left, node.right],
    [node.right, node.left],
  ];
  for (const [own, other] of sides) {
    const cut = cutOf(own, module);
    if (cut !== undefined && isCompared(other, module)) return comparedPart(cut, textOf(module.trace(other).root));
    if (textOf(other) === "*" && opensAll(node, own, module)) return { rule: "anyListed", entries: [] };
    if (comparedBy(own, module) !== "origin") continue;
    if (textOf(other) === "null")
      return allowsWhenTrue(node, module) ? { rule: "opaqueAllowed", entries: [] } : undefined;
    if (isFolded(own) && textOf(other) !== "" && allowsWhenTrue(node, module))
      return { rule: "caseFolded", entries: [] };
  }
  return undefined;
}

/** A text, and no list: what is written in quotes, or comes from the environment as it is. */
function isText(node: Node, module: Module): boolean {
  const { root, members } = module.trace(node);
  if (isMember(root) || isA(root, "Identifier")) {
    const path = [...(isA(root, "Identifier") ? [root.name] : []), ...members];
    return path[0] === "process" && path[1] === "env" && path.length === 3;
  }
  if (members.length > 0) return false;
  if (isCall(root)) return isMadeText(root, module);
  if (isA(root, "BinaryExpression")) return root.operator === "+";
  if (isA(root, "LogicalExpression")) return isText(root.left, module) && isText(root.right, module);
  return isA(root, "StringLiteral", "TemplateLiteral");
}

/** `list.join(",")`, `String(list)`, `JSON.stringify(list)`. */
function isMadeText(call: CallNode, module: Module): boolean {
  if (isA(call, "NewExpression")) return false;
  const name = methodOf(call)?.name;
  if (name === undefined) return module.isGlobal(call.callee, "String");
  return /^(?:join|toString|stringify|trim|toLowerCase|toUpperCase|replace|replaceAll|substring|substr)$/.test(name);
}

/** `headersDistinct.origin` is a list. */
function isSeveral(node: Node, module: Module): boolean {
  const { root, members } = module.trace(node);
  return members.includes("headersDistinct") || isA(root, "ArrayExpression");
}

function isFolded(node: Node): boolean {
  const inner = bare(node);
  return isCall(inner) && /^to(?:Locale)?(?:Lower|Upper)Case$/.test(methodOf(inner)?.name ?? "");
}

function patternIn(node: Node, module: Module): Comparison | undefined {
  for (const { source, flags } of patternsOf(node, module)) {
    const fault = faultOf(source);
    if (fault !== undefined) return { rule: "pattern", entries: entriesForPattern(source), fault };
    if (/[gy]/.test(flags) && bare(node).type === "Identifier")
      return { rule: "stateful", entries: entriesForPattern(source) };
  }
  return undefined;
}
