import { hasHidden, isTrue, optionOf } from "../../source/calls.ts";
import { elements, patternsOf } from "../../source/lists.ts";
import type { Module } from "../../source/module.ts";
import { type FunctionNode, isA, nameOf, textOf } from "../../source/nodes.ts";
import { comparedBy, corsOptionsOf, isCorsPackage } from "../../source/origin.ts";
import type { Raw } from "../check.ts";
import { entriesForPattern, fixFor } from "../entries.ts";
import { decidesWithin } from "../letting.ts";
import { faultOf } from "../pattern.ts";

/** What CORS middleware is told: reflection, "*" with credentials, patterns, "null". */
export function* checkCorsOptions(module: Module): Iterable<Raw> {
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
  const calls = module.callsIn(fn).filter((call) => second !== undefined && nameOf(call.callee) === nameOf(second));
  if (second !== undefined) {
    const [call] = calls;
    const answer = call?.arguments[1];
    if (calls.length !== 1 || answer === undefined) return false;
    return isTrue(answer, module) || (first !== undefined && nameOf(answer) === nameOf(first));
  }
  const results = module.results(fn);
  return results.length === 1 && results[0] !== undefined && comparedBy(results[0], module) === "origin";
}
