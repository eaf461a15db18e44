import type { Policy, RequestGuardOptions } from "@wsorigin/node";
import { type Closable, guardRequests, type RequestAdapter } from "@wsorigin/node/adapter";
import type Koa from "koa";
import { factsOf } from "./guard.ts";

/** Middleware that guards ordinary requests. */
export interface RequestGuard extends Koa.Middleware, Closable {}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: `app.use(requestGuard(policy))`. Checks Host, then Origin, then the token, and refuses as the gate
 * does. A request without an Origin passes if its browser says that it comes from this server or from the user (`Sec-Fetch-Site: same-origin` or `none`) and
 * the policy has `hosts`; otherwise `missingOrigin` decides. Add it before sessions and body parsers, and after or before `cors()`.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function requestGuard<P>(policy: Policy<P>, options: RequestGuardOptions = {}): RequestGuard {
  const adapter: RequestAdapter<Koa.Context> = {
    facts: (ctx) => ({ ...factsOf(ctx.app, ctx), ip: ctx.ip }),
    path: routeOf,
    rewritten: (ctx) => void (ctx.request.originalUrl = ctx.originalUrl = ctx.url),
  };
  return guardRequests<P, Koa.Context, Koa.Middleware>(policy, options, adapter, (gate) => async (ctx, next) => {
    // Koa itself sends nothing after a response that is complete.
    if (await gate.admit(ctx, ctx.req, ctx.res)) await next();
  });
}

/** What `@koa/router` and koa-mount say. */
function routeOf(ctx: Koa.Context): string | undefined {
  const path: unknown = ctx["_matchedRoute"] ?? ctx["mountPath"];
  return typeof path === "string" ? path : undefined;
}
