import { isTrue, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import {
  type FunctionNode,
  type Node,
  isA,
  isCall,
  keyOf,
  methodOf,
  nameOf,
  textOf,
  within,
} from "../../source/nodes.ts";
import { comparedBy } from "../../source/origin.ts";
import type { Project } from "../../source/project.ts";
import { upgrades } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { nodeFix, originsIn, socketIoFix } from "../fix.ts";
import { allowsWhenTrue, decidesWithin } from "../letting.ts";

export function* checkVerifiers(module: Module, project: Project): Iterable<Raw> {
  if (
    ![...module.packages].some((name) =>
      /^(?:ws|isomorphic-ws|express-ws|koa-websocket|@fastify\/websocket|@nestjs\/websockets|socket\.io)$/.test(name),
    )
  )
    return;
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
    else if (name === "verifyClient" && letsAll(fn, module)) yield { rule: "verifyOpen", module, node, fix };
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

function letsAll(fn: FunctionNode, module: Module): boolean {
  if (decidesWithin(fn, module)) return false;
  const [, callback] = fn.params;
  const answers =
    callback === undefined
      ? module.results(fn)
      : module.calls
          .filter((call) => within(call, fn) && nameOf(call.callee) === nameOf(callback))
          .flatMap((call) => call.arguments[0] ?? []);
  return answers.length > 0 && answers.every((each) => isTrue(each, module));
}

/** `!origin || ...`, in a function that decides, or in one that it calls. */
export function* missing(fn: FunctionNode, module: Module, fix: readonly string[]): Iterable<Raw> {
  const functions = [fn];
  for (const call of module.calls) {
    const local = within(call, fn) ? module.functionOf(call.callee) : undefined;
    if (local !== undefined && local !== fn) functions.push(local);
  }
  for (const node of module.nodes) {
    if (!isAbsence(node, module) || !functions.some((each) => within(node, each))) continue;
    if (allowsWhenTrue(node, module)) yield { rule: "missingAllowed", module, node, fix };
  }
}

function isAbsence(node: Node, module: Module): boolean {
  if (isA(node, "UnaryExpression") && node.operator === "!") return comparedBy(node.argument, module) === "origin";
  if (!isA(node, "BinaryExpression") || !/^===?$/.test(node.operator) || comparedBy(node.left, module) !== "origin")
    return false;
  return isA(node.right, "NullLiteral") || textOf(node.right) === "" || nameOf(node.right) === "undefined";
}
