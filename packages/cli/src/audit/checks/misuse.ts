import { optionIn, optionOf } from "../../source/calls.ts";
import { corsAdapterOf, corsPackageOf } from "../../source/cors-package.ts";
import { listsOrigins } from "../../source/lists.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, isA, isCall, isFunction, methodOf, type Node } from "../../source/nodes.ts";
import { corsOptionsOf } from "../../source/origin.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { corsOptionsFix, decideFix, originsIn, serverFix } from "../fix.ts";
import { withPolicyList } from "../rewrites.ts";

/** Mistakes with wsorigin itself. */
export function* checkMisuse(module: Module, project: Project): Iterable<Raw> {
  yield* checkGuarded(module);
  yield* checkDecisions(module);
  yield* checkLists(module, project);
}

const apps =
  /^(?:express|koa|fastify|hono|connect|restify|polka|elysia|h3|@hapi\/hapi|@nestjs\/core|ws|socket\.io|express-ws|koa-websocket)$/;

/** `guard(app)`: only servers have upgrades. */
function* checkGuarded(module: Module): Iterable<Raw> {
  for (const call of module.calls) {
    const callee = module.exported(call.callee);
    const [first] = call.arguments;
    if (callee?.from.startsWith("@wsorigin/") !== true || callee.name !== "guard" || first === undefined) continue;
    if (!isNoServer(first, module)) continue;
    yield {
      rule: "guardedApp",
      module,
      node: call,
      fix: serverFix(originsIn(module), module.textAt(first), callee.from),
    };
  }
}

function isNoServer(node: Node, module: Module): boolean {
  const { root, members } = module.trace(node);
  if (isA(root, "NumericLiteral", "StringLiteral") || (members.length === 0 && isFunction(root))) return true;
  if (members.length > 0 ? !members.every((name) => name === "app") : !isCall(root)) return false;
  if (!isCall(root)) return false;
  if (methodOf(root)?.name === "callback") return true;
  const made = module.exported(root.callee);
  return (
    made !== undefined &&
    apps.test(made.from) &&
    /^(?:|Server|WebSocketServer|Hono|Elysia|createApp|fastify|Fastify|NestFactory\.create)$/.test(made.name)
  );
}

/** `policy.check()` of a policy with a token or a directory, which it cannot ask. */
function* checkDecisions(module: Module): Iterable<Raw> {
  for (const call of module.calls) {
    const method = methodOf(call);
    if (method?.name !== "check") continue;
    const { root, members } = module.trace(method.object);
    if (members.length > 0 || !isCall(root) || !isPolicy(root, module)) continue;
    const asks = ["token", "directory"].filter((name) => optionIn(module, root.arguments[0], name) !== undefined);
    if (asks.length === 0) continue;
    yield { rule: "checkForDecide", module, node: call, also: [root], fix: decideFix(module.textAt(method.object)) };
  }
}

function isPolicy(call: CallNode, module: Module): boolean {
  const callee = module.of(call).exported(call.callee);
  return callee?.from.startsWith("@wsorigin/") === true && callee.name === "createPolicy";
}

/** Origins that CORS lists by itself, beside a policy that lists them too. */
function* checkLists(module: Module, project: Project): Iterable<Raw> {
  const policies = project
    .around(module)
    .flatMap((each) => each.calls.filter((call) => isPolicy(call, each)).map((call) => ({ call, home: each })));
  if (policies.length === 0) return;
  const known = new Set(
    policies.flatMap(({ call, home }) => {
      const origins = optionIn(home, call.arguments[0], "origins");
      return origins === undefined ? [] : [home.trace(origins).root];
    }),
  );
  for (const options of corsOptionsOf(module)) {
    const origin = optionOf(options, "origin", module);
    if (origin === undefined || known.has(module.trace(origin).root)) continue;
    if (!listsOrigins(origin, module)) continue;
    const from = corsPackageOf(options, module);
    const adapter = corsAdapterOf(from);
    const node = module.parent(origin) ?? origin;
    yield {
      rule: "secondList",
      module,
      node: isA(node, "ObjectProperty") ? node : origin,
      fix: corsOptionsFix(from),
      change: adapter === undefined ? undefined : withPolicyList(node, adapter, module),
    };
  }
}
