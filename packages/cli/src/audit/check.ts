import type { Severity } from "../finding.ts";
import type { Module } from "./module.ts";
import { type CallNode, isA, methodOf, type Node, type ObjectNode, textOf } from "./nodes.ts";
import type { Project } from "./project.ts";
import type { RuleName } from "./rules.ts";

/** A finding before its lines are read. */
export interface Raw {
  readonly rule: RuleName;
  readonly module: Module;
  readonly node: Node;
  /** Other lines that belong to it. */
  readonly also?: readonly Node[];
  readonly fix: readonly string[];
  readonly severity?: Severity | undefined;
}

/** Looks at one module, and tells what it finds. */
export type Check = (module: Module, project: Project) => Iterable<Raw>;

/** Packages that have to do with sockets or CORS: where a project uses none of them its origins are none of ours. */
export const relevant: RegExp =
  /^(?:ws|isomorphic-ws|express-ws|socket\.io|@fastify\/(?:websocket|cors)|cors|@koa\/cors|koa-(?:websocket|easy-ws)|graphql-ws(?:\/.*)?|@nestjs\/(?:websockets|platform-ws)|websocket|sockjs|faye-websocket|uWebSockets\.js|@wsorigin\/.*)$/;

export function listeners(module: Module, event: RegExp): { call: CallNode; object: Node; listener: Node }[] {
  return module.calls.flatMap((call) => {
    const method = methodOf(call);
    if (method === undefined || !/^(?:on|once|addListener|prependListener)$/.test(method.name)) return [];
    const [name, listener] = call.arguments;
    if (listener === undefined || !event.test(textOf(name) ?? "")) return [];
    return [{ call, object: method.object, listener }];
  });
}

/** Whether an object has properties that cannot be seen. */
export function hasHidden(object: ObjectNode, module: Module): boolean {
  return object.properties.some((each) => isA(each, "SpreadElement") && module.objectOf(each.argument) === undefined);
}

/** A property of an object, also of those that are spread into it. */
export function optionOf(object: ObjectNode, name: string, module: Module, depth = 0): Node | undefined {
  for (const property of object.properties.toReversed()) {
    if (isA(property, "SpreadElement")) {
      const inner = depth > 4 ? undefined : module.objectOf(property.argument);
      const found = inner === undefined ? undefined : optionOf(inner, name, module, depth + 1);
      if (found !== undefined) return found;
    } else if (isA(property.key, "Identifier", "StringLiteral") && !property.computed) {
      const key = isA(property.key, "Identifier") ? property.key.name : property.key.value;
      if (key === name) return isA(property, "ObjectMethod") ? property : property.value;
    }
  }
  return undefined;
}

export function isTrue(node: Node | undefined, module: Module): boolean {
  if (node === undefined) return false;
  const { root } = module.trace(node);
  return isA(root, "BooleanLiteral") && root.value;
}

/** How the source writes a short expression: for the code that is recommended. */
export function writtenAs(node: Node | undefined, module: Module, otherwise: string): string {
  const text = node === undefined ? "" : module.source.slice(node.start ?? 0, node.end ?? 0);
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,2}$/.test(text) ? text : otherwise;
}
