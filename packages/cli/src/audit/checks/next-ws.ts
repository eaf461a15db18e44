import { exportOf } from "../../source/links.ts";
import type { Module } from "../../source/module.ts";
import { isFunction } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { nextFix, originsIn } from "../fix.ts";
import { decides } from "./looked-after.ts";

/** Routes of next-ws: what a `route` file exports as `UPGRADE`, or as `SOCKET` up to version 1. */
export function* checkNextWs(module: Module, project: Project): Iterable<Raw> {
  if (!/(?:^|\/)route\.[cm]?[jt]sx?$/.test(module.file)) return;
  for (const name of ["UPGRADE", "SOCKET"]) {
    const exported = exportOf(module, name, () => []);
    const fn = isFunction(exported) ? exported : module.functionOf(exported);
    if (exported === undefined || fn === undefined) continue;
    if (decides(fn, module, project) || project.guarded(module)) continue;
    if (project.siblings(module).some((each) => guardsServer(each))) continue;
    yield { rule: "nextWs", module, node: fn, fix: nextFix(originsIn(module)) };
  }
}

/** Next.js loads routes by their place: no import leads from the server to them. */
function guardsServer(module: Module): boolean {
  return module.calls.some((call) => {
    const callee = module.exported(call.callee);
    return callee?.from.startsWith("@wsorigin/") === true && callee.name === "guard";
  });
}
