import { optionOf } from "../source/calls.ts";
import { listsOrigins } from "../source/lists.ts";
import type { Module } from "../source/module.ts";
import { isA, isCall, type Node, type ObjectNode } from "../source/nodes.ts";
import { corsOptionsOf } from "../source/origin.ts";
import type { Edits } from "./edits.ts";

/** The package of ours that has `corsOptions()` for a package of CORS middleware. */
const adapters: ReadonlyMap<string, string> = new Map([
  ["cors", "@wsorigin/express"],
  ["@koa/cors", "@wsorigin/koa"],
  ["@fastify/cors", "@wsorigin/fastify"],
]);

/** Options of CORS middleware with a list of origins of their own. */
export interface CorsList {
  readonly options: ObjectNode;
  readonly property: Node;
}

/** The lists of a file that `corsOptions()` of a package can replace: those outside of functions, which a policy can stand above. */
export function corsListsOf(module: Module, from: string): CorsList[] {
  return corsOptionsOf(module).flatMap((options) => {
    const origin = optionOf(options, "origin", module);
    const property = options.properties.find((each) => isA(each, "ObjectProperty") && each.value === origin);
    if (origin === undefined || property === undefined || module.enclosing(options) !== undefined) return [];
    return listsOrigins(origin, module) && adapterOf(options, module) === from ? [{ options, property }] : [];
  });
}

function adapterOf(options: Node, module: Module): string | undefined {
  const call = module.parent(options);
  if (!isCall(call)) return undefined;
  const [first] = call.arguments;
  // `app.register(cors, { ... })` or `cors({ ... })`
  const middleware = first === options ? call.callee : first;
  return adapters.get(module.exported(middleware)?.from ?? "");
}

/** CORS middleware takes its list from the policy, which stands above it. */
export function replaceList({ options, property }: CorsList, module: Module, from: string, edits: Edits): void {
  const edit = edits.of(module);
  const { name } = edits.policy(module, from);
  edits.import(module, from, "corsOptions");
  if (options.properties.length === 1) edit.replace(options, `corsOptions(${name})`);
  else edit.replace(property, `...corsOptions(${name})`);
}
