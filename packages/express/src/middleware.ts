import { ServerResponse } from "node:http";
import type { Deny } from "@wsorigin/node";
import { middlewareRefusal, thrownRefusal } from "@wsorigin/node/adapter";
import type { Application, Request, RequestHandler, Response } from "express";

/**
 * Runs Express middleware on a handshake, one after the other. There is no response to write to: a middleware that ends it refuses the handshake.
 *
 * @throws what a middleware throws, rejects with or passes to `next`, unless it is an HTTP error of 4xx: that refuses too
 */
export async function runMiddleware(
  app: Application,
  request: Request,
  handlers: readonly RequestHandler[],
): Promise<Deny | undefined> {
  const response: Response = Object.setPrototypeOf(new ServerResponse(request), Reflect.get(app, "response"));
  response.locals = {};
  response.req = request;
  request.res = response;
  const { origin } = request.headers;
  for (const handler of handlers) {
    const who = handler.name || "A middleware";
    try {
      if (await answers(handler, request, response)) return middlewareRefusal(response.statusCode, origin, who);
    } catch (error) {
      const refusal = thrownRefusal(error, origin, who);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }
  return undefined;
}

/** Whether a middleware answers the request instead of passing it on. */
function answers(handler: RequestHandler, request: Request, response: Response): Promise<boolean> {
  return new Promise((resolve, reject) => {
    response.end = (): Response => {
      resolve(true);
      return response;
    };
    const next = (error?: unknown): void =>
      error === undefined || error === null || error === "route" || error === "router" ? resolve(false) : reject(error);
    Promise.resolve(handler(request, response, next)).catch(reject);
  });
}
