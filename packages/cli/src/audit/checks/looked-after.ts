import { listeners } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import {
  type CallNode,
  isA,
  isCall,
  isFunction,
  isMember,
  keyOf,
  methodOf,
  nameOf,
  type Node,
  within,
} from "../../source/nodes.ts";
import { corsFunctions } from "../../source/origin.ts";
import { checksOrigin, originChecks } from "../../source/origin-checks.ts";
import type { Project } from "../../source/project.ts";

/** Whether a function decides by the Origin, or what it hands the request to. */
export function decides(fn: Node, module: Module, project: Project): boolean {
  return checksOrigin(fn, module, project);
}

const hooks = /^(?:connection|connect|headers|request|upgrade)$/;

/** Whether a handler of a server's sockets checks the Origin, or a function that the server is passed to does, in any file of the package. */
export function isLookedAfter(server: Node, module: Module, project: Project): boolean {
  return project.siblings(module).some((each) => isLookedAfterIn(server, each, project));
}

function isLookedAfterIn(server: Node, module: Module, project: Project): boolean {
  const isServer = (node: Node): boolean => module.trace(node).root === server;
  for (const { object, listener } of listeners(module, hooks)) {
    if (!isServer(object)) continue;
    if (decidesAs(listener, module, project)) return true;
  }
  if (
    module
      .ofType("AssignmentExpression")
      .some(({ left, right }) => isHook(left, isServer) && decidesAs(right, module, project))
  )
    return true;
  return module.calls.some((call) => {
    if (!call.arguments.some((each) => isA(each, "Identifier", "MemberExpression", "ThisExpression") && isServer(each)))
      return false;
    const checks = originChecks(module);
    if (call.arguments.some((each) => isA(each, "ObjectExpression") && checks.some((check) => within(check, each))))
      return true;
    return decidesAs(call.callee, module, project);
  });
}

/** `wss.shouldHandle = ...`, which ws asks for every handshake; `wss.options.verifyClient = ...`. */
function isHook(left: Node, isServer: (node: Node) => boolean): boolean {
  if (!isMember(left)) return false;
  const name = keyOf(left.property, left.computed);
  if (name === "shouldHandle" || name === "handleUpgrade") return isServer(left.object);
  return name === "verifyClient" && isMember(left.object) && isServer(left.object.object);
}

/** Whether a function or class decides, of this file or of another one; where it cannot be found, whether its file does. */
function decidesAs(node: Node, module: Module, project: Project): boolean {
  const fn = module.functionOf(node);
  if (fn !== undefined) return decides(fn, module, project);
  const { root } = module.trace(node);
  if (isA(root, "ClassDeclaration", "ClassExpression") || isFunction(root)) return decides(root, module, project);
  const from = module.importedFile(node);
  return from !== undefined && project.imported(module, from).some((each) => originChecks(each).length > 0);
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
