import type { Module } from "./module.ts";
import { isCorsPackage } from "./origin.ts";
import type { ObjectNode } from "./nodes.ts";

/** The package of ours that has `corsOptions()` for a package of CORS middleware. */
const adapters: ReadonlyMap<string, string> = new Map([
  ["cors", "@wsorigin/express"],
  ["@koa/cors", "@wsorigin/koa"],
  ["@fastify/cors", "@wsorigin/fastify"],
]);

/**
 * The package of the middleware that gets these options: of `cors(options)` or `app.register(cors, options)`, and not the first one of the file, which may have
 * several. `undefined` for options that no such package gets, as those of Socket.IO.
 */
export function corsPackageOf(options: ObjectNode, module: Module): string | undefined {
  for (const call of module.calls) {
    const index = call.arguments.findIndex((argument) => module.objectOf(argument) === options);
    if (index < 0) continue;
    const middleware = index === 0 ? call.callee : call.arguments[0];
    const from = module.exported(middleware)?.from;
    if (isCorsPackage(from)) return from;
  }
  return undefined;
}

/** The package of ours whose `corsOptions()` fits a package of CORS middleware. */
export function corsAdapterOf(from: string | undefined): string | undefined {
  return from === undefined ? undefined : adapters.get(from);
}
