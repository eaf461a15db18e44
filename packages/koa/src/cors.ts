import type { Policy } from "@wsorigin/node";
import type { Context } from "koa";

/** What `@koa/cors` takes. */
export interface CorsOriginOptions {
  readonly origin: (ctx: Context) => Promise<string>;
}

/**
 * Options for `@koa/cors`, so that HTTP and WebSocket share one list: `app.use(cors({ ...corsOptions(policy), credentials: true }))`. Its own
 * default reflects every origin. An origin that is not allowed gets no CORS header; the response says `Vary: Origin` either way.
 */
export function corsOptions(policy: Policy<unknown>): CorsOriginOptions {
  return {
    origin: async (ctx) => ((await policy.allowsOriginAsync(ctx.get("Origin"))) ? ctx.get("Origin") : ""),
  };
}
