import type { Policy, RequestGuardOptions } from "@wsorigin/node";
import { type Closable, guardRequests, type RequestAdapter } from "@wsorigin/node/adapter";
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { factsOf } from "./facts.ts";

/** A hook that guards ordinary requests. */
export interface RequestGuard extends onRequestAsyncHookHandler, Closable {}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: `app.addHook("onRequest", requestGuard(policy))`, in the scope that it is for, or
 * `{ onRequest: requestGuard(policy) }` on a route. Checks Host, then Origin, then the token, and refuses as the gate does. A request without an Origin passes if
 * its browser says that it comes from this server or from the user (`Sec-Fetch-Site: same-origin` or `none`) and the policy has `hosts`; otherwise
 * `missingOrigin` decides.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function requestGuard<P>(policy: Policy<P>, options: RequestGuardOptions = {}): RequestGuard {
  const adapter: RequestAdapter<FastifyRequest> = {
    facts: (request) => ({ ...factsOf(request), ip: request.ip }),
    path: (request) => request.routeOptions.url,
    rewritten: (request) => hideParameters(request, policy),
  };
  return guardRequests(policy, options, adapter, (gate) => async (request: FastifyRequest, reply: FastifyReply) => {
    const admitted = await gate.admit(request, request.raw, reply.raw, () => copyHeaders(reply));
    return admitted ? undefined : reply.hijack();
  });
}

/** Copies what hooks have set, which is on the reply only. Of that a refusal keeps the fields of CORS. */
function copyHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
}

/** Fastify has parsed the query before any hook runs. */
function hideParameters(request: FastifyRequest, { sources }: Policy<unknown>): void {
  const names = new Set(sources.flatMap((source) => (source.kind === "queryParam" ? [source.name] : [])));
  request.query = Object.fromEntries(Object.entries(Object(request.query)).filter(([name]) => !names.has(name)));
}
