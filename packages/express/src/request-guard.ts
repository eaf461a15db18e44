import type { Policy, RequestGuardOptions } from "@wsorigin/node";
import { RequestGate } from "@wsorigin/node/adapter";
import type { Request, RequestHandler } from "express";
import { factsOf } from "./guard.ts";

/** Middleware that guards ordinary requests. */
export interface RequestGuard extends RequestHandler {
  /** Shuts down: requests that arrive or wait for a decision from now on are refused with 503 (`draining`). Responses that have begun go on. */
  close(): void;
}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: `app.use("/mcp", requestGuard(policy))`. Checks Host, then Origin, then the token, and refuses as
 * the gate does. A request without an Origin passes if its browser says that it comes from this server or from the user (`Sec-Fetch-Site: same-origin` or
 * `none`) and the policy has `hosts`; otherwise `missingOrigin` decides. Mount it before sessions and body parsers, and after or before `cors()`.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function requestGuard<P>(policy: Policy<P>, options: RequestGuardOptions = {}): RequestGuard {
  const gate = new RequestGate<P, Request>(policy, options, {
    facts: (request) => ({ ...factsOf(request.app, request), ip: request.ip }),
    path: ({ baseUrl, route }) =>
      typeof route?.path === "string" ? baseUrl + route.path : baseUrl === "" ? undefined : baseUrl,
    rewritten,
  });
  const middleware: RequestHandler = async (request, response, next) => {
    if (await gate.admit(request, request, response)) next();
  };
  return Object.assign(middleware, { close: () => gate.close() });
}

/** Express 4 has parsed the query before any middleware runs. */
function rewritten(request: Request): void {
  if (!Object.hasOwn(request, "query")) return;
  const parse: (query: string) => Request["query"] = request.app.get("query parser fn");
  const [, query = ""] = /\?(.*)/s.exec(request.url) ?? [];
  request.query = parse(query);
}
