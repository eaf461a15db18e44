import type { Module } from "../../source/module.ts";
import { methodOf } from "../../source/nodes.ts";
import type { Raw } from "../check.ts";

/** One finding for the first CORS middleware beside sockets that it does not cover. */
export function* corsBeside(module: Module, packages: RegExp, fix: (from: string) => string[]): Iterable<Raw> {
  const call = module.calls.find((each) => {
    const method = methodOf(each);
    const [first] = each.arguments;
    if (method?.name === "register" && first !== undefined) return packages.test(module.exported(first)?.from ?? "");
    return packages.test(module.exported(each.callee)?.from ?? "");
  });
  if (call === undefined) return;
  const method = methodOf(call);
  const from = module.exported(method?.name === "register" ? call.arguments[0] : call.callee)?.from ?? "cors";
  yield { rule: "corsIsNoGate", module, node: call, fix: fix(from) };
}
