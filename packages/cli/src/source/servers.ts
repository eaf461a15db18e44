import { listeners, made } from "./calls.ts";
import type { Module } from "./module.ts";
import { type CallNode, type FunctionNode, isA, methodOf, type Node, type ObjectNode } from "./nodes.ts";

/** The servers of `ws` that a module makes, with their options. */
export function wsServers(module: Module): { call: CallNode; options: ObjectNode | undefined }[] {
  return made(module, /^(?:ws|isomorphic-ws)$/, /^(?:WebSocketServer|Server|WebSocket\.Server)$/).map((call) => ({
    call,
    options: module.objectOf(call.arguments[0]),
  }));
}

/** A listener of `upgrade` that hands sockets over. */
interface Upgrade {
  readonly call: CallNode;
  readonly object: Node;
  readonly fn: FunctionNode;
  /** Where the socket is handed over. */
  readonly handing: CallNode;
}

/** Listeners of `upgrade` that hand sockets over: those that only look, or that pass a request on to another server, are none. */
export function upgrades(module: Module): Upgrade[] {
  return listeners(module, /^upgrade$/).flatMap(({ call, object, listener }) => {
    const fn = module.functionOf(listener);
    const handing = fn === undefined ? undefined : handingOver(fn, module, 0);
    return fn === undefined || handing === undefined ? [] : [{ call, object, fn, handing }];
  });
}

function handingOver(fn: FunctionNode, module: Module, depth: number): CallNode | undefined {
  const calls = module.callsIn(fn);
  for (const call of calls) {
    if (methodOf(call)?.name === "handleUpgrade") return call;
    if (isA(call, "NewExpression") && module.exported(call.callee)?.from === "faye-websocket") return call;
  }
  if (depth > 2) return undefined;
  for (const call of calls) {
    const local = module.functionOf(call.callee);
    const found = local === undefined || local === fn ? undefined : handingOver(local, module, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path that a node compares with: the first one, and "/" only if it names no other. */
export function pathIn(node: Node, module: Module): string | undefined {
  const paths = module
    .nodesIn(node)
    .filter((each) => isA(each, "StringLiteral"))
    .filter(({ value }) => isPath(value));
  return (paths.find(({ value }) => value !== "/") ?? paths[0])?.value;
}

/** A path that a route can have. */
export function isPath(text: string): boolean {
  return /^\/(?:(?::[a-z]\w*|[\w.-]+)(?:\/(?::[a-z]\w*|[\w.-]+))*)?$/i.test(text) && text.length <= 60;
}
