import { deny, type Deny, type DenyStatus } from "@wsorigin/core";

/** The statuses with which a middleware may refuse a handshake. */
const statuses: ReadonlySet<number> = new Set<DenyStatus>([401, 403, 404, 429, 503]);

/**
 * Makes the refusal of a middleware that answers a handshake by itself. Its status is sent if it is 401, 403, 404, 429 or 503, otherwise 403; its body and fields are
 * not sent.
 *
 * @param who names the middleware, for the operator
 */
export function middlewareRefusal(status: unknown, origin: string | undefined, who: string): Deny {
  return deny("middleware-refused", origin, {
    note: `${who} answered ${String(status)}.`,
    ...(isOwn(status) && { status }),
  });
}

/**
 * Makes the refusal of a middleware that throws an HTTP error of the client (4xx, in `status` or `statusCode`, as http-errors and Koa's `ctx.throw()` make them).
 * Returns `undefined` for every other error: that is a failure of the middleware, not a refusal.
 */
export function thrownRefusal(error: unknown, origin: string | undefined, who: string): Deny | undefined {
  if (!(error instanceof Error)) return undefined;
  const status: unknown = Reflect.get(error, "status") ?? Reflect.get(error, "statusCode");
  const isClients = typeof status === "number" && status >= 400 && status < 500;
  return isClients ? middlewareRefusal(status, origin, who) : undefined;
}

function isOwn(status: unknown): status is DenyStatus {
  return typeof status === "number" && statuses.has(status);
}
