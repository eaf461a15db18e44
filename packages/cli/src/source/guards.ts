import type { Module } from "./module.ts";
import { isA, methodOf, type Node, propertyOf } from "./nodes.ts";

/** A server or app that wsorigin guards. */
export interface Guard {
  readonly module: Module;
  /** None where it cannot be told which. */
  readonly keys: readonly string[];
  readonly made: boolean;
  /** The very server, if it is made where it can be seen. */
  readonly server?: Node | undefined;
}

/** The guards that a module puts in front of servers. */
export function guardsIn(module: Module): Guard[] {
  const guards: Guard[] = [];
  if ([...module.packages].every((name) => !name.startsWith("@wsorigin/"))) return guards;
  for (const call of module.calls) {
    const callee = module.exported(call.callee);
    const [first, second] = call.arguments;
    if (callee?.from.startsWith("@wsorigin/") === true && /^guard(?:With)?$/.test(callee.name)) {
      const options = module.objectOf(second);
      const app = options === undefined ? undefined : propertyOf(options, "app");
      guards.push(guardOf(module, [first, app]));
    }
    const method = methodOf(call);
    const registered = module.exported(first);
    if (method?.name === "register" && registered?.from === "@wsorigin/fastify" && registered.name === "wsorigin")
      guards.push(guardOf(module, [method.object]));
  }
  // A guard that is handed on, or called in a way that is not known here.
  const named = module.nodes.some((node) => {
    if (!isA(node, "Identifier") || isA(module.parent(node), "ImportSpecifier")) return false;
    const exported = module.exported(node);
    return exported?.from.startsWith("@wsorigin/") === true && /^(?:guard|guardWith|wsorigin)$/.test(exported.name);
  });
  return guards.length === 0 && named ? [{ module, keys: [], made: false }] : guards;
}

function guardOf(module: Module, nodes: readonly (Node | undefined)[]): Guard {
  const [server] = nodes;
  const known = nodes.filter((node) => node !== undefined).map((node) => module.identity(node));
  return {
    module,
    keys: known.map(({ key }) => key),
    made: known.length > 0 && known[0]?.made === true,
    server: server === undefined ? undefined : module.serverOf(server),
  };
}
