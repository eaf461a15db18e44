import { made, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { bare, isCall, isMember, methodOf, nameOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import { pathIn } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { corsFix, koaFix, originsIn } from "../fix.ts";
import { corsBeside } from "./cors-beside.ts";
import { corsThrows, hasChecks } from "./looked-after.ts";

export function* checkKoa(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^koa-websocket$/, /^$/)) {
    const [app, wsOptions] = call.arguments;
    const options = module.objectOf(wsOptions);
    if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) continue;
    if (project.guards(module, app === undefined ? [call] : [call, app]) || hasChecks(module, project)) continue;
    const route = module.calls.find((each) => writtenAs(each.callee, module, "").endsWith(".ws.use"));
    const path = route === undefined ? undefined : pathIn(route, module);
    yield { rule: "koaWebsocket", module, node: route ?? call, fix: koaFix(originsIn(module), path ?? "/chat") };
    yield* corsBeside(module, /^@koa\/cors$/, (from) => corsFix(originsIn(module), from));
  }
  for (const call of made(module, /^koa-easy-ws$/, /^$/)) {
    const use = module.parent(call);
    const app = isCall(use) ? methodOf(use)?.object : undefined;
    if (project.guards(module, app === undefined ? [] : [app])) continue;
    if (hasChecks(module, project) || corsThrows(module)) continue;
    const handler = module.nodes.find(
      (node) => isCall(node) && nameOf(node.callee) === "ws" && isMember(bare(node.callee)),
    );
    const fn = handler === undefined ? undefined : module.enclosing(handler);
    const path = fn === undefined ? undefined : pathIn(fn, module);
    yield { rule: "koaEasyWs", module, node: call, fix: koaFix(originsIn(module), path ?? "/chat") };
    yield* corsBeside(module, /^@koa\/cors$/, (from) => corsFix(originsIn(module), from));
  }
}
