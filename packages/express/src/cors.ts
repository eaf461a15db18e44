import type { Policy } from "@wsorigin/node";

/** What the `cors` package takes. */
export interface CorsOriginOptions {
  readonly origin: (
    requestOrigin: string | undefined,
    callback: (error: Error | null, origin?: boolean | string[]) => void,
  ) => Promise<void>;
}

/**
 * Options for the `cors` package, so that HTTP and WebSocket share one list: `app.use(cors({ ...corsOptions(policy), credentials: true }))`.
 *
 * An origin that is not allowed gets no CORS header, and the response says `Vary: Origin` either way: without it a cache would serve one
 * page's answer to another.
 */
export function corsOptions(policy: Policy<unknown>): CorsOriginOptions {
  return {
    async origin(requestOrigin, callback) {
      const allowed = await policy.allowsOriginAsync(requestOrigin);
      // An empty list, not `false`: on `false` the package sends no Vary either.
      callback(null, allowed ? true : []);
    },
  };
}
