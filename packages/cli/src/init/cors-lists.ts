import { optionOf } from "../source/calls.ts";
import { corsAdapterOf, corsPackageOf } from "../source/cors-package.ts";
import { listsOrigins } from "../source/lists.ts";
import type { Module } from "../source/module.ts";
import { isA, isCall, type Node, type ObjectNode } from "../source/nodes.ts";
import { corsOptionsOf } from "../source/origin.ts";
import type { Edits } from "./edits.ts";

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
    // The policy stands above the call, so the options must stand in it.
    if (!isCall(module.parent(options)) || !listsOrigins(origin, module)) return [];
    return corsAdapterOf(corsPackageOf(options, module)) === from ? [{ options, property }] : [];
  });
}

/** CORS middleware takes its list from the policy, which stands above it. */
export function replaceList({ options, property }: CorsList, module: Module, from: string, edits: Edits): void {
  const edit = edits.of(module);
  const { name } = edits.policy(module, from);
  edits.import(module, from, "corsOptions");
  if (options.properties.length === 1) edit.replace(options, `corsOptions(${name})`);
  else edit.replace(property, `...corsOptions(${name})`);
}
