import { listeners } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { type CallNode, type Node, isA, isCall, methodOf, nameOf, within } from "../../source/nodes.ts";
import { checksOrigin, corsFunctions, originChecks } from "../../source/origin.ts";
import type { Project } from "../../source/project.ts";

export function decides(fn: Node, module: Module, project: Project): boolean {
  return checksOrigin(fn, module, (from) => project.imported(module, from));
}

/** Whether what is told of a server's sockets looks at the Origin, or what the server is given to does. */
export function isLookedAfter(server: Node, module: Module, project: Project): boolean {
  const isServer = (node: Node): boolean => module.trace(node).root === server;
  for (const { object, listener } of listeners(module, /^(?:connection|connect|headers|request|upgrade)$/)) {
    if (!isServer(object)) continue;
    const fn = module.functionOf(listener);
    if (fn !== undefined && decides(fn, module, project)) return true;
    const from = fn === undefined ? module.importedFile(listener) : undefined;
    if (from !== undefined && project.imported(module, from).some((each) => originChecks(each).length > 0)) return true;
  }
  return module.calls.some((call) => {
    if (!call.arguments.some((each) => isA(each, "Identifier", "MemberExpression") && isServer(each))) return false;
    if (
      call.arguments.some(
        (each) => isA(each, "ObjectExpression") && originChecks(module).some((check) => within(check, each)),
      )
    )
      return true;
    const local = module.functionOf(call.callee);
    if (local !== undefined) return decides(local, module, project);
    const from = module.importedFile(call.callee);
    return from !== undefined && project.imported(module, from).some((each) => originChecks(each).length > 0);
  });
}

/** Whether a file, or one that it imports, decides by an Origin, apart from CORS. */
export function hasChecks(module: Module, project: Project): boolean {
  return project
    .withImports(module)
    .some((each) => originChecks(each).length > 0 || [...each.calls].some((call) => asksPolicy(call, each)));
}

function asksPolicy(call: CallNode, module: Module): boolean {
  const method = methodOf(call);
  if (method === undefined || !/^(?:check|decide)$/.test(method.name)) return false;
  const { root } = module.trace(method.object);
  return isCall(root) && module.exported(root.callee)?.from.startsWith("@wsorigin/") === true;
}

/** Whether a CORS middleware throws at an origin that it does not know. Where it runs before the 101, that refuses. */
export function corsThrows(module: Module): boolean {
  return [...corsFunctions(module)].some((fn) =>
    module.nodes.some(
      (node) =>
        within(node, fn) &&
        (isA(node, "ThrowStatement") ||
          (isCall(node) && (methodOf(node)?.name === "throw" || nameOf(node.callee)?.endsWith("Error") === true))),
    ),
  );
}
