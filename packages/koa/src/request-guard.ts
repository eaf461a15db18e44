import type { Policy, RequestGuardOptions } from "@wsorigin/node";
import { RequestGate } from "@wsorigin/node/adapter";
import type Koa from "koa";
import { factsOf } from "./guard.ts";

/** Middleware that guards ordinary requests. */
export interface RequestGuard extends Koa.Middleware {
  /** Shuts down: requests that arrive or wait for a decision from now on are refused with 503 (`draining`). Responses that have begun go on. */
  close(): void;
}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: `app.use(requestGuard(policy))`. Checks Host, then Origin, then the token, and refuses as the gate
 * does. A request without an Origin passes if its browser says that it comes from this server or from the user (`Sec-Fetch-Site: same-origin` or `none`) and
 * the policy has `hosts`; otherwise `missingOrigin` decides. Add it before sessions and body parsers, and after or before `cors()`.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function requestGuard<P>(policy: Policy<P>, options: RequestGuardOptions = {}): RequestGuard {
  const gate = new RequestGate<P, Koa.Context>(policy, options, {
    facts: (ctx) => ({ ...factsOf(ctx.app, ctx), ip: ctx.ip }),
    path: routeOf,
    rewritten: (ctx) => void (ctx.request.originalUrl = ctx.originalUrl = ctx.url),
  });
  const middleware: Koa.Middleware = async (ctx, next) => {
    // Koa itself sends nothing after a response that is complete.
    if (await gate.admit(ctx, ctx.req, ctx.res)) await next();
  };
  return Object.assign(middleware, { close: () => gate.close() });
}

/** What @koa/router and koa-mount say. */
function routeOf(ctx: Koa.Context): string | undefined {
  const path: unknown = ctx["_matchedRoute"] ?? ctx["mountPath"];
  return typeof path === "string" ? path : undefined;
}
