import { made, optionIn, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type Node, isA, methodOf, textOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import { isPath } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { corsFix, expressFix, originsIn } from "../fix.ts";
import { corsBeside } from "./cors-beside.ts";
import { hasChecks } from "./looked-after.ts";

export function* checkExpressWs(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^express-ws$/, /^$/)) {
    const [app, server, options] = call.arguments;
    const wsOptions = module.objectOf(optionIn(module, options, "wsOptions"));
    if (wsOptions !== undefined && optionOf(wsOptions, "verifyClient", module) !== undefined) continue;
    const servers = [call, app, server].filter((each) => each !== undefined).filter((each) => !isNothing(each));
    if (project.guards(module, servers) || hasChecks(module, project)) continue;
    const routes = module.calls.filter(
      (each) => methodOf(each)?.name === "ws" && textOf(each.arguments[0]) !== undefined,
    );
    const [route, ...others] = routes;
    const appName = route === undefined ? "app" : writtenAs(methodOf(route)?.object, module, "app");
    const path = textOf(route?.arguments[0]);
    const fix = expressFix(originsIn(module), appName, path !== undefined && isPath(path) ? path : "/chat");
    yield { rule: "expressWs", module, node: route ?? call, also: others, fix };
    yield* corsBeside(module, /^cors$/, (from) => corsFix(originsIn(module), from));
  }
}

function isNothing(node: Node): boolean {
  return isA(node, "NullLiteral") || (isA(node, "Identifier") && node.name === "undefined");
}
