import type { IncomingMessage, ServerResponse } from "node:http";
import type { Deny } from "@wsorigin/core";
import { askMiddleware } from "./middleware-refusal.ts";

/** Middleware in the form of Connect and Express. */
export type ConnectMiddleware<Request, Response> = (
  request: Request,
  response: Response,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Runs middleware on a handshake, one after the other. There is no response to write to: a middleware that ends it refuses the handshake.
 *
 * @throws what a middleware throws, rejects with or passes to `next`, unless it is an HTTP error of 4xx: that refuses too
 */
export async function runMiddleware<Request extends IncomingMessage, Response extends ServerResponse>(
  handlers: readonly ConnectMiddleware<Request, Response>[],
  request: Request,
  response: Response,
): Promise<Deny | undefined> {
  for (const handler of handlers) {
    const who = handler.name || "A middleware";
    const refusal = await askMiddleware(() => answer(handler, request, response), request.headers.origin, who);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Resolves with the status of a middleware that answers the request; with `undefined` if it passes the request on. */
function answer<Request, Response extends ServerResponse>(
  handler: ConnectMiddleware<Request, Response>,
  request: Request,
  response: Response,
): Promise<{ readonly status: unknown } | undefined> {
  return new Promise((resolve, reject) => {
    response.end = (): Response => {
      resolve({ status: response.statusCode });
      return response;
    };
    // "route" and "router" skip what else there is on a route, as Express has it.
    const next = (error?: unknown): void =>
      error === undefined || error === null || error === "route" || error === "router"
        ? resolve(undefined)
        : reject(error);
    Promise.resolve(handler(request, response, next)).catch(reject);
  });
}
