import type { Policy } from "@wsorigin/node";

/** What `@fastify/cors` takes. */
export interface CorsOriginOptions {
  readonly origin: (origin: string | undefined) => Promise<boolean>;
}

/**
 * Options for `@fastify/cors`, so that HTTP and WebSocket share one list: `app.register(cors, { ...corsOptions(policy), credentials: true })`. An
 * origin that is not allowed gets no CORS header; the response says `Vary: Origin` either way.
 */
export function corsOptions(policy: Policy<unknown>): CorsOriginOptions {
  return { origin: (origin) => policy.allowsOriginAsync(origin) };
}
