import type { Policy, RequestGuardOptions } from "@wsorigin/node";
import { type Closable, guardRequests, type RequestAdapter } from "@wsorigin/node/adapter";
import type { Request, RequestHandler } from "express";
import { factsOf } from "./guard.ts";

/** Middleware that guards ordinary requests. */
export interface RequestGuard extends RequestHandler, Closable {}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: `app.use("/mcp", requestGuard(policy))`. Checks Host, then Origin, then the token, and refuses as
 * the gate does. A request without an Origin passes if its browser says that it comes from this server or from the user (`Sec-Fetch-Site: same-origin` or
 * `none`) and the policy has `hosts`; otherwise `missingOrigin` decides. Mount it before sessions and body parsers, and after or before `cors()`.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function requestGuard<P>(policy: Policy<P>, options: RequestGuardOptions = {}): RequestGuard {
  const adapter: RequestAdapter<Request> = {
    facts: (request) => ({ ...factsOf(request.app, request), ip: request.ip }),
    path: ({ baseUrl, route }) =>
      typeof route?.path === "string" ? baseUrl + route.path : baseUrl === "" ? undefined : baseUrl,
    rewritten,
  };
  return guardRequests<P, Request, RequestHandler>(
    policy,
    options,
    adapter,
    (gate) => async (request, response, next) => {
      if (await gate.admit(request, request, response)) next();
    },
  );
}

/** Express 4 has parsed the query before any middleware runs. */
function rewritten(request: Request): void {
  if (!Object.hasOwn(request, "query")) return;
  const parse: (query: string) => Request["query"] = request.app.get("query parser fn");
  const [, query = ""] = /\?(.*)/s.exec(request.url) ?? [];
  request.query = parse(query);
}
