import { type Check, type Raw, relevant } from "./check.ts";
import { hasHidden, optionOf, isTrue } from "../source/calls.ts";
import { corsFix, originsIn, policyFix, socketIoFix } from "./fix.ts";
import type { Module } from "../source/module.ts";
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
} from "../source/nodes.ts";
import { type Compared, comparedBy, corsFunctions, corsOptionsOf, isCorsPackage } from "../source/origin.ts";
import { faultOf, hostIn } from "./pattern.ts";
import type { RuleName } from "./rules.ts";

/** Comparisons of an Origin that let others in, wherever they stand. */
export const checkOrigins: Check = function* checkOrigins(module, project) {
  if (!project.uses(module, relevant)) return;
  const guarded = project.guarded(module);
  const cors = corsFunctions(module);
  const counts = (node: Node): boolean => !guarded || [...cors].some((fn) => within(node, fn));
  for (const node of module.nodes) {
    const found = comparison(node, module);
    if (found !== undefined && counts(node))
      yield { rule: found.rule, module, node, fix: fixFor(module, found, isIn(node, cors)) };
  }
  yield* checkCorsOptions(module);
};

function isIn(node: Node, functions: ReadonlySet<FunctionNode>): boolean {
  return [...functions].some((fn) => within(node, fn));
}

interface Comparison {
  readonly rule: RuleName;
  /** What the policy should list instead, where that can be told. */
  readonly entries: readonly string[];
  /** What is wrong with the very pattern. */
  readonly fault?: string;
}

function comparison(node: Node, module: Module): Comparison | undefined {
  if (isA(node, "CallExpression", "OptionalCallExpression")) return comparingCall(node, module);
  return isA(node, "BinaryExpression") ? comparingSigns(node, module) : undefined;
}

const comparing = /^(?:includes|indexOf|lastIndexOf|startsWith|endsWith|match|search|test|exec|has)$/;

function comparingCall(call: CallNode, module: Module): Comparison | undefined {
  const method = methodOf(call);
  const [value] = call.arguments;
  if (method === undefined || value === undefined || !comparing.test(method.name)) return undefined;
  const own = comparedBy(method.object, module);
  if (own !== undefined) {
    if (isSeveral(method.object, module)) return undefined;
    return partOf(call, method.name, value, own, module);
  }
  const other = comparedBy(value, module);
  if (other === undefined) return undefined;
  if (/^(?:test|exec)$/.test(method.name))
    return isTakenApart(call, module) ? undefined : patternIn(method.object, module);
  if (method.name === "includes" && isText(method.object, module)) return { rule: "substring", entries: [] };
  if (method.name === "indexOf" && isText(method.object, module) && signOf(call, module) !== undefined)
    return { rule: "substring", entries: [] };
  if (!/^(?:includes|has)$/.test(method.name)) return undefined;
  if (listed(method.object, module).includes("null")) return { rule: "opaqueAllowed", entries: [] };
  return other === "origin" && isFolded(value) ? { rule: "caseFolded", entries: [] } : undefined;
}

/** `origin.includes(value)` and its like. */
function partOf(call: CallNode, name: string, value: Node, kind: Compared, module: Module): Comparison | undefined {
  if (/^(?:match|search)$/.test(name)) return isTakenApart(call, module) ? undefined : patternIn(value, module);
  const texts = textsOf(value, module);
  const entries = texts?.flatMap((text) => entriesFor(text, kind)) ?? [];
  if (name === "endsWith") {
    const text = texts?.find((each) => /^[a-z0-9]/i.test(each) && !each.includes("/") && /[a-z]{2}/i.test(each));
    return text === undefined ? undefined : { rule: "suffix", entries: entriesFor(text, kind) };
  }
  const sign = name === "indexOf" ? signOf(call, module) : undefined;
  if (name === "startsWith" || sign === "start") {
    if (texts !== undefined && texts.every((text) => isWholeStart(text, kind))) return undefined;
    // Without a scheme it is no origin's beginning.
    if (kind === "origin" && texts?.every((text) => !/^[a-z-]+:/i.test(text)) === true) return undefined;
    return /:$|:\/\/$/.test(endOf(value)) ? undefined : { rule: "prefix", entries };
  }
  if (name !== "includes" && sign !== "somewhere") return undefined;
  if (texts !== undefined && texts.every((text) => !/[a-z0-9]{2}/i.test(text) || /^[a-z-]+:(?:\/\/)?$/i.test(text)))
    return undefined;
  return { rule: "substring", entries };
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
  return /[^/]:(?:\d*)$/.test(text);
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

function patternIn(node: Node, module: Module): Comparison | undefined {
  for (const { source, flags } of patternsOf(node, module)) {
    const fault = faultOf(source);
    if (fault !== undefined) return { rule: "pattern", entries: entriesForPattern(source), fault };
    if (/[gy]/.test(flags) && bare(node).type === "Identifier")
      return { rule: "stateful", entries: entriesForPattern(source) };
  }
  return undefined;
}

interface Pattern {
  readonly source: string;
  readonly flags: string;
  readonly node: Node;
}

function patternsOf(node: Node, module: Module): Pattern[] {
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
function elementsOf(parameter: Node, module: Module): Node[] | undefined {
  const fn = module.parent(parameter);
  if (!isFunction(fn) || fn.params[0] !== parameter) return undefined;
  const call = module.parent(fn);
  if (!isCall(call) || call.arguments[0] !== fn) return undefined;
  const method = methodOf(call);
  if (method === undefined || !/^(?:some|every|find|filter)$/.test(method.name)) return undefined;
  return elements(method.object, module);
}

function elements(node: Node, module: Module): Node[] | undefined {
  const { root, members } = module.trace(node);
  if (members.length > 0) return undefined;
  if (isA(root, "ArrayExpression")) return root.elements.filter((each) => each !== null);
  const [first] = isA(root, "NewExpression") && module.isGlobal(root.callee, "Set") ? root.arguments : [];
  return first === undefined ? undefined : elements(first, module);
}

function listed(node: Node, module: Module): string[] {
  return (elements(node, module) ?? []).flatMap((each) => textOf(each) ?? []);
}

/** Fixed texts that a value may be; nothing where that cannot be told. */
function textsOf(node: Node, module: Module): string[] | undefined {
  const { root, members } = module.trace(node);
  const text = members.length === 0 ? textOf(root) : undefined;
  if (text !== undefined) return [text];
  const texts = elementsOf(root, module)?.map((each) => textOf(each));
  return texts?.every((each) => each !== undefined) === true && texts.length > 0 ? texts : undefined;
}

/** A text, and no list: what is written in quotes, or comes from the environment as it is. */
function isText(node: Node, module: Module): boolean {
  const { root, members } = module.trace(node);
  if (isMember(root) || isA(root, "Identifier")) {
    const path = [...(isA(root, "Identifier") ? [root.name] : []), ...members];
    return path[0] === "process" && path[1] === "env" && path.length === 3;
  }
  if (members.length > 0) return false;
  if (isA(root, "LogicalExpression")) return isText(root.left, module) && isText(root.right, module);
  return isA(root, "StringLiteral", "TemplateLiteral");
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

function comparingSigns(node: Extract<Node, { type: "BinaryExpression" }>, module: Module): Comparison | undefined {
  if (!/^===?$/.test(node.operator)) return undefined;
  const sides: [Node, Node][] = [
    [node.left, node.right],
    [node.right, node.left],
  ];
  for (const [own, other] of sides) {
    if (comparedBy(own, module) !== "origin") continue;
    if (textOf(other) === "null")
      return allowsWhenTrue(node, module) ? { rule: "opaqueAllowed", entries: [] } : undefined;
    if (isFolded(own) && textOf(other) !== "" && allowsWhenTrue(node, module))
      return { rule: "caseFolded", entries: [] };
  }
  return undefined;
}

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

/** Origins for a policy, out of the text that an origin was compared with. */
function entriesFor(text: string, kind: Compared): string[] {
  const origin = /^(https?:\/\/[a-z0-9][a-z0-9.-]*[a-z0-9](?::\d+)?)\/?$/i.exec(text)?.[1];
  if (origin !== undefined) return [origin.toLowerCase()];
  const host = /^\.?((?:[a-z0-9-]+\.)+[a-z]{2,})$/i.exec(text)?.[1]?.toLowerCase();
  if (host !== undefined) return belowAndAt(host);
  return kind === "host" && text === "localhost"
    ? ["http://localhost:*"]
    : text === "localhost"
      ? ["http://localhost:*"]
      : [];
}

/** Names below which anybody gets one. */
const shared =
  /^(?:vercel\.app|now\.sh|netlify\.app|github\.io|gitlab\.io|herokuapp\.com|pages\.dev|workers\.dev|onrender\.com|fly\.dev|web\.app|firebaseapp\.com|ngrok\.io|ngrok\.app|ngrok-free\.app|azurewebsites\.net|cloudfront\.net|amazonaws\.com|appspot\.com|run\.app|railway\.app|surge\.sh|glitch\.me|repl\.co|replit\.app|(?:co|com|org|net|ac|gov)\.[a-z]{2})$/;

/** An apex and what is below it, which are two entries; of a shared name only one's own. */
function belowAndAt(host: string): string[] {
  if (shared.test(host)) return [`https://my-app.${host}`];
  return [`https://${host}`, `https://*.${host}`];
}

function entriesForPattern(source: string): string[] {
  const host = hostIn(source);
  if (host !== undefined) {
    const apex = host.startsWith("www.") ? host.slice(4) : host;
    return /[*+]/.test(source) ? belowAndAt(apex) : [`https://${host}`];
  }
  return source.includes("localhost") ? ["http://localhost:*"] : [];
}

function fixFor(module: Module, { entries, fault }: Omit<Comparison, "rule">, cors: boolean): string[] {
  const origins = entries.length > 0 ? [...new Set(entries)] : originsIn(module);
  const from = [...module.packages].find((name) => isCorsPackage(name));
  const told = fault === undefined ? [] : [`// ${fault}`];
  if (!cors) return [...told, ...policyFix(origins)];
  if (from !== undefined) return [...told, ...corsFix(origins, from)];
  return [...told, ...(module.packages.has("socket.io") ? socketIoFix(origins, "server") : policyFix(origins))];
}

/** What CORS middleware is told: reflection, "*" with credentials, patterns, "null". */
function* checkCorsOptions(module: Module): Iterable<Raw> {
  const from = [...module.packages].find((name) => isCorsPackage(name)) ?? "cors";
  for (const options of corsOptionsOf(module)) {
    const origin = optionOf(options, "origin", module);
    if (origin === undefined || hasHidden(options, module)) continue;
    const credentials = isTrue(optionOf(options, "credentials", module), module);
    const property = options.properties.find(
      (each) => isA(each, "ObjectProperty", "ObjectMethod") && nameOf(each.key) === "origin",
    );
    const node = property ?? origin;
    const fix = (entries: readonly string[] = [], fault?: string): string[] =>
      fixFor(module, fault === undefined ? { entries } : { entries, fault }, true);
    const socketIo = module.packages.has("socket.io") && !module.packages.has(from);
    if (textOf(module.trace(origin).root) === "*") {
      if (credentials) yield { rule: "anyWithCredentials", module, node, fix: fix() };
    } else if (isTrue(origin, module) || reflects(module.functionOf(origin), module)) {
      if (credentials) yield { rule: "reflected", module, node, fix: fix() };
      else if (socketIo) yield { rule: "reflected", module, node, fix: fix(), severity: "warning" };
    } else {
      const values = elements(origin, module) ?? [origin];
      if (values.some((each) => textOf(each) === "null")) yield { rule: "opaqueAllowed", module, node, fix: fix() };
      for (const { source, flags, node: pattern } of values.flatMap((each) => patternsOf(each, module))) {
        const entries = entriesForPattern(source);
        const fault = faultOf(source);
        if (fault !== undefined) yield { rule: "pattern", module, node: pattern, fix: fix(entries, fault) };
        else if (/[gy]/.test(flags)) yield { rule: "stateful", module, node: pattern, fix: fix(entries) };
      }
    }
  }
}

/** Whether a function answers yes whatever comes: `(origin, callback) => callback(null, true)`. */
function reflects(fn: FunctionNode | undefined, module: Module): boolean {
  if (fn === undefined || decidesWithin(fn, module)) return false;
  const [first, second] = fn.params;
  const calls = module.calls.filter(
    (call) => within(call, fn) && second !== undefined && nameOf(call.callee) === nameOf(second),
  );
  if (second !== undefined) {
    const [call] = calls;
    const answer = call?.arguments[1];
    if (calls.length !== 1 || answer === undefined) return false;
    return isTrue(answer, module) || (first !== undefined && nameOf(answer) === nameOf(first));
  }
  const results = module.results(fn);
  return results.length === 1 && results[0] !== undefined && comparedBy(results[0], module) === "origin";
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
