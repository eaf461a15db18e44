import { optionOf, writtenAs } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type FunctionNode, type Node, isA } from "../../source/nodes.ts";
import { pathIn, upgrades, wsServers } from "../../source/servers.ts";
import type { Raw } from "../check.ts";
import { gateFix, originsIn } from "../fix.ts";

interface Owner {
  readonly node: Node;
  readonly key: string | Node;
  readonly server: Node;
  /** Takes every upgrade, or answers those that it does not take. */
  readonly all: boolean;
  readonly fn: FunctionNode | undefined;
}

export function* checkOwners(module: Module): Iterable<Raw> {
  const owners: Owner[] = [];
  for (const { call, options } of wsServers(module)) {
    const server = options === undefined ? undefined : optionOf(options, "server", module);
    if (server !== undefined) owners.push(ownerOf(call, server, true, module));
  }
  for (const { call, object, fn } of upgrades(module)) {
    const filtered = /\burl\b|pathname|\bpath\b/.test(module.textAt(fn));
    owners.push(ownerOf(call, object, !filtered, module));
  }
  const sorted = owners
    .filter(({ node }) => isPlain(node, module))
    .toSorted((a, b) => (a.node.start ?? 0) - (b.node.start ?? 0));
  for (const [index, second] of sorted.entries()) {
    const first = sorted
      .slice(0, index)
      .find(({ key, fn, all }) => key === second.key && fn === second.fn && (all || second.all));
    if (first === undefined) continue;
    const paths = [first, second].map(({ node }, at) => pathIn(node, module) ?? `/${at + 1}`);
    const fix = gateFix(originsIn(module), writtenAs(second.server, module, "server"), [...new Set(paths)]);
    yield { rule: "twoOwners", module, node: second.node, also: [first.node], fix };
  }
}

function ownerOf(node: Node, server: Node, all: boolean, module: Module): Owner {
  return { node, server, key: keyOf(server, module), all, fn: module.enclosing(node) };
}

/** Two servers of one app are two servers. */
function keyOf(server: Node, module: Module): string | Node {
  return module.serverOf(server) ?? module.identity(server).key;
}

/** Whether it is sure to run with what else the function does. */
function isPlain(node: Node, module: Module): boolean {
  const fn = module.enclosing(node);
  for (let outer = module.parent(node); outer !== undefined && outer !== fn; outer = module.parent(outer))
    if (isA(outer, "IfStatement", "ConditionalExpression", "SwitchStatement", "LogicalExpression", "TryStatement"))
      return false;
  return true;
}
