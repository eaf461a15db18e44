import { hasHidden, isTrue, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type Node, isA } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import { wsServers } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { nodeFix, originsIn, portFix } from "../fix.ts";
import { guards } from "../rewrites.ts";
import { isLookedAfter } from "./looked-after.ts";

export function* checkWs(module: Module, project: Project): Iterable<Raw> {
  for (const { call, options } of wsServers(module)) {
    if (options === undefined || hasHidden(options, module)) continue;
    if (optionOf(options, "verifyClient", module) !== undefined) continue;
    if (isTrue(optionOf(options, "noServer", module), module)) continue;
    const server = optionOf(options, "server", module);
    const port = optionOf(options, "port", module);
    if (server === undefined && port === undefined) continue;
    if (server !== undefined && project.guards(module, [server])) continue;
    if (isLookedAfter(call, module, project)) continue;
    const origins = originsIn(module);
    const fix =
      server === undefined
        ? portFix(origins, writtenAs(port, module, portIn(port)))
        : nodeFix(origins, writtenAs(server, module, "server"));
    yield { rule: "ws", module, node: call, fix, change: server === undefined ? undefined : guards(server, module) };
  }
}

function portIn(port: Node | undefined): string {
  return isA(port, "NumericLiteral") ? String(port.value) : "8080";
}
