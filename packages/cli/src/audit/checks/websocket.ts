import { isTrue, listeners, made, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type FunctionNode, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { nodeFix, originsIn } from "../fix.ts";
import { decides } from "./looked-after.ts";

export function* checkWebsocketNode(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^websocket$/, /^server$/)) {
    const options = module.objectOf(call.arguments[0]);
    if (options === undefined) continue;
    const server = optionOf(options, "httpServer", module);
    if (server === undefined || project.guards(module, [server])) continue;
    const requests = listeners(module, /^request$/).filter(({ object }) => module.trace(object).root === call);
    const accepting = requests.filter(({ listener }) => {
      const fn = module.functionOf(listener);
      return fn !== undefined && accepts(fn, module) && !decides(fn, module, project);
    });
    const automatic = isTrue(optionOf(options, "autoAcceptConnections", module), module);
    if (!automatic && accepting.length === 0) continue;
    const node = automatic ? call : (accepting[0]?.call ?? call);
    yield { rule: "websocketNode", module, node, fix: nodeFix(originsIn(module), writtenAs(server, module, "server")) };
  }
}

function accepts(fn: FunctionNode, module: Module): boolean {
  return module.callsIn(fn).some((call) => methodOf(call)?.name === "accept");
}
