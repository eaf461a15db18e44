import type { Module } from "../../source/module.ts";
import { type CallNode, isCall } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { fetchFix, honoNodeFix, originsIn, policyFix } from "../fix.ts";
import { corsBeside } from "./cors-beside.ts";
import { hasChecks } from "./looked-after.ts";

const helpers = /^(?:@hono\/node-ws|@hono\/node-server(?:\/.*)?|hono\/(?:bun|deno|cloudflare-workers|ws))$/;

/** Hono's `upgradeWebSocket()`, on Node and elsewhere. */
export function* checkHono(module: Module, project: Project): Iterable<Raw> {
  const routes = module.calls.filter((call) => helperOf(call, module) !== undefined);
  const [route, ...others] = routes;
  if (route === undefined || project.guarded(module) || hasChecks(module, project)) return;
  const node = helperOf(route, module)?.startsWith("@hono/") === true;
  const origins = originsIn(module);
  yield { rule: "hono", module, node: route, also: others, fix: node ? honoNodeFix(origins) : fetchFix(origins) };
  yield* corsBeside(module, /^hono\/cors$/, () => policyFix(originsIn(module)));
}

/** The package whose `upgradeWebSocket()` a call is: imported, or made by `createNodeWebSocket()` and its like. */
function helperOf(call: CallNode, module: Module): string | undefined {
  const { root, members } = module.trace(call.callee);
  const direct = module.exported(call.callee);
  if (direct !== undefined)
    return direct.name === "upgradeWebSocket" && helpers.test(direct.from) ? direct.from : undefined;
  if (members.at(-1) !== "upgradeWebSocket" || !isCall(root)) return undefined;
  const maker = module.exported(root.callee);
  return maker !== undefined && helpers.test(maker.from) && /^create\w*WebSocket$/.test(maker.name)
    ? maker.from
    : undefined;
}
