import { made, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { originsIn, sockjsFix } from "../fix.ts";
import { hasChecks, isLookedAfter } from "./looked-after.ts";

/** SockJS: `sockjs.createServer().installHandlers(server)`. */
export function* checkSockjs(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^sockjs$/, /^(?:createServer|Server)$/)) {
    const installing = module.calls.filter(
      (each) =>
        /^(?:installHandlers|install_handlers|attach|middleware)$/.test(methodOf(each)?.name ?? "") &&
        module.trace(methodOf(each)?.object ?? each).root === call,
    );
    const servers = installing.flatMap((each) => each.arguments[0] ?? []);
    if (project.guards(module, servers) || hasChecks(module, project) || isLookedAfter(call, module, project)) continue;
    const fix = sockjsFix(originsIn(module), writtenAs(servers[0], module, "server"));
    yield { rule: "sockjs", module, node: call, also: installing, fix };
  }
}
