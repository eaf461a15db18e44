import { deny, type Deny, type DenyStatus } from "@wsorigin/core";

/** The statuses with which a middleware may refuse a handshake. */
const statuses: ReadonlySet<number> = new Set<DenyStatus>([401, 403, 404, 429, 503]);

/**
 * Runs a middleware of the app on a handshake. Returns the refusal if it answers by itself, or throws an HTTP error of the client. Its status is sent if it is
 * 401, 403, 404, 429 or 503, otherwise 403; its body and fields are not sent.
 *
 * @param run resolves with the answer; with `undefined` if the middleware passes the handshake on
 * @param who names the middleware, for the operator
 * @throws every other error: that is a failure of the middleware, not a refusal
 */
export async function askMiddleware(
  run: () => Promise<{ readonly status: unknown } | undefined>,
  origin: string | undefined,
  who = "A middleware",
): Promise<Deny | undefined> {
  try {
    const answer = await run();
    return answer === undefined ? undefined : middlewareRefusal(answer.status, origin, who);
  } catch (error) {
    if (!isClients(error)) throw error;
    return middlewareRefusal(error.status ?? error.statusCode, origin, who);
  }
}

function middlewareRefusal(status: unknown, origin: string | undefined, who: string): Deny {
  return deny("middleware-refused", origin, {
    note: `${who} answered ${String(status)}.`,
    ...(isOwn(status) && { status }),
  });
}

/** Whether an error says that the client is to blame: 4xx, in `status` or `statusCode`, as http-errors and Koa's `ctx.throw()` make them. */
function isClients(error: unknown): error is Error & { readonly status?: unknown; readonly statusCode?: unknown } {
  if (!(error instanceof Error)) return false;
  const status: unknown = Reflect.get(error, "status") ?? Reflect.get(error, "statusCode");
  return typeof status === "number" && status >= 400 && status < 500;
}

function isOwn(status: unknown): status is DenyStatus {
  return typeof status === "number" && statuses.has(status);
}
