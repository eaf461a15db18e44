import { writtenAs } from "../../source/calls.ts";
import { saysYes } from "../../source/answers.ts";
import type { Module } from "../../source/module.ts";
import { type FunctionNode, isA, isCall, keyOf, methodOf, nameOf, type Node, textOf } from "../../source/nodes.ts";
import { comparedBy } from "../../source/origin.ts";
import type { Project } from "../../source/project.ts";
import { upgrades } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { nodeFix, originsIn, socketIoFix } from "../fix.ts";
import { allowsWhenTrue } from "../letting.ts";
import { decides, isLookedAfter } from "./looked-after.ts";

const servers =
  /^(?:ws|isomorphic-ws|express-ws|koa-websocket|@fastify\/websocket|@nestjs\/websockets|socket\.io|engine\.io)$/;

/** `verifyClient` and `allowRequest`: those that let everybody in, or look at something else. */
export function* checkVerifiers(module: Module, project: Project): Iterable<Raw> {
  if (![...module.packages].some((name) => servers.test(name))) return;
  if (project.guarded(module)) return;
  for (const node of module.nodes) {
    if (!isA(node, "ObjectProperty", "ObjectMethod")) continue;
    const name = keyOf(node.key, node.computed);
    if (name !== "verifyClient" && name !== "allowRequest") continue;
    const fn = module.functionOf(isA(node, "ObjectMethod") ? node : node.value);
    if (fn === undefined) continue;
    const fix = name === "allowRequest" ? socketIoFix(originsIn(module), "server") : nodeFix(originsIn(module));
    if (name === "verifyClient" && fn.params.length < 2 && isPromised(fn, module))
      yield { rule: "verifyPromise", module, node, fix };
    else if (saysYes(fn, module)) yield { rule: "verifyOpen", module, node, fix };
    else if (!decides(fn, module, project) && !asksOthers(fn, module) && !isCheckedLater(node, module, project))
      yield { rule: "verifyOther", module, node, fix, severity: severityOf(fn, module) };
    yield* missing(fn, module, fix);
  }
  for (const { fn, object } of upgrades(module))
    yield* missing(fn, module, nodeFix(originsIn(module), writtenAs(object, module, "server")));
}

function isPromised(fn: FunctionNode, module: Module): boolean {
  if (fn.async === true) return true;
  const results = module.results(fn);
  return results.some((each) => isCall(each) && /^(?:then|catch|finally)$/.test(methodOf(each)?.name ?? ""));
}

/** Whether the request goes to something that cannot be read. Sessions are known: they look at the cookie only. */
function asksOthers(fn: FunctionNode, module: Module, depth = 0): boolean {
  const [first] = fn.params;
  const home = module.of(fn);
  return home.callsIn(fn).some((call) => {
    const handed = call.arguments.some((each) => {
      if (!isA(each, "Identifier", "MemberExpression", "ObjectExpression")) return false;
      if (isA(each, "ObjectExpression")) return false;
      const { root, members } = home.trace(each);
      return root === first && members.every((name) => name === "req" || name === "headers");
    });
    if (!handed) return false;
    const target = home.functionOf(call.callee);
    if (target !== undefined) return depth < 3 && target !== fn && asksOthers(target, home, depth + 1);
    const from = home.exported(call.callee)?.from ?? madeBy(call.callee, home);
    if (from !== undefined && /session|cookie|passport|^url$|querystring/.test(from)) return false;
    return !/^(?:parse|log|debug|info|warn|trace)$/.test(nameOf(call.callee) ?? "");
  });
}

/** The package whose function made a function: `const parse = session({ ... })`. */
function madeBy(callee: Node, module: Module): string | undefined {
  const { root } = module.trace(callee);
  return isCall(root) ? module.exported(root.callee)?.from : undefined;
}

/** Whether the server that gets these options looks at the Origin when a socket has opened. */
function isCheckedLater(property: Node, module: Module, project: Project): boolean {
  const options = module.parent(property);
  const server = module.calls.find((call) => call.arguments.some((each) => module.objectOf(each) === options));
  return server !== undefined && isLookedAfter(server, module, project);
}

/** A token that the page has to know is more than nothing; a cookie is sent by itself. */
function severityOf(fn: FunctionNode, module: Module): "warning" | undefined {
  const others = module.callsIn(fn).flatMap((call) => module.functionOf(call.callee) ?? []);
  const text = [fn, ...others].map((each) => module.textAt(each)).join("\n");
  if (/cookie|session/i.test(text)) return undefined;
  return /token|jwt|ticket|authorization|bearer|api_?-?key|secret|signature|password/i.test(text)
    ? "warning"
    : undefined;
}

/** `!origin || ...`, in a function that decides, or in one that it calls. */
function* missing(fn: FunctionNode, module: Module, fix: readonly string[]): Iterable<Raw> {
  const functions = [fn];
  for (const call of module.callsIn(fn)) {
    const other = module.functionOf(call.callee);
    if (other !== undefined && !functions.includes(other)) functions.push(other);
  }
  for (const each of functions)
    for (const node of module.nodesIn(each)) {
      const home = module.of(node);
      if (isAbsence(node, home) && allowsWhenTrue(node, home)) yield { rule: "missingAllowed", module, node, fix };
    }
}

function isAbsence(node: Node, module: Module): boolean {
  if (isA(node, "UnaryExpression") && node.operator === "!") return comparedBy(node.argument, module) === "origin";
  if (!isA(node, "BinaryExpression") || !/^===?$/.test(node.operator) || comparedBy(node.left, module) !== "origin")
    return false;
  return isA(node.right, "NullLiteral") || textOf(node.right) === "" || nameOf(node.right) === "undefined";
}
