import { ServerResponse } from "node:http";
import { deny, type Deny } from "@wsorigin/node";
import type { Application, Request, RequestHandler, Response } from "express";

/**
 * Runs Express middleware on a handshake, one after the other. There is no response to write to: a middleware that ends it refuses the handshake.
 *
 * @throws what a middleware throws, rejects with or passes to `next`
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
  for (const handler of handlers) {
    if (await answers(handler, request, response)) {
      return deny("middleware-refused", request.headers.origin, {
        note: `${handler.name || "A middleware"} answered ${response.statusCode}.`,
      });
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
