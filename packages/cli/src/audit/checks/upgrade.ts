import { optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isCall, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import { pathIn, upgrades } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { originsIn, upgradeFix } from "../fix.ts";
import { guards } from "../rewrites.ts";
import { decides, isLookedAfter } from "./looked-after.ts";

export function* checkUpgrades(module: Module, project: Project): Iterable<Raw> {
  for (const { call, object, fn, handing } of upgrades(module)) {
    if (decides(fn, module, project) || project.guards(module, [object])) continue;
    const method = methodOf(handing);
    const server = method === undefined ? undefined : module.trace(method.object).root;
    if (server !== undefined && isCall(server)) {
      const options = module.objectOf(server.arguments[0]);
      if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) continue;
      if (isLookedAfter(server, module, project)) continue;
    }
    const fix = upgradeFix(originsIn(module), writtenAs(object, module, "server"), pathIn(fn, module) ?? "/chat");
    yield { rule: "upgrade", module, node: call, fix, change: guards(object, module) };
  }
}
