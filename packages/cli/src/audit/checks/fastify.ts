import { isTrue, optionIn, optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isA, methodOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { corsFix, fastifyFix, originsIn } from "../fix.ts";
import { corsBeside } from "./cors-beside.ts";
import { corsThrows, hasChecks } from "./looked-after.ts";

export function* checkFastify(module: Module, project: Project): Iterable<Raw> {
  const registering = module.calls.find(
    (call) => methodOf(call)?.name === "register" && module.exported(call.arguments[0])?.from === "@fastify/websocket",
  );
  const app = registering === undefined ? undefined : methodOf(registering)?.object;
  if (registering === undefined || app === undefined || project.guards(module, [app])) return;
  const options = module.objectOf(optionIn(module, registering.arguments[1], "options"));
  if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) return;
  const loaded = project.uses(module, /^@fastify\/autoload$/);
  const around = loaded ? project.siblings(module) : project.withImports(module);
  if (around.some((each) => hasChecks(each, project) || corsThrows(each))) return;
  const routes = module.calls.filter((call) =>
    call.arguments.some((each) => isA(each, "ObjectExpression") && isTrue(optionOf(each, "websocket", module), module)),
  );
  const [route, ...others] = routes;
  const fix = fastifyFix(originsIn(module), writtenAs(app, module, "app"));
  yield { rule: "fastifyWebsocket", module, node: route ?? registering, also: others, fix };
  yield* corsBeside(module, /^@fastify\/cors$/, (from) => corsFix(originsIn(module), from));
}
