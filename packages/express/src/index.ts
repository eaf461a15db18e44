export { bearerHeader, bearerProtocol, cookie, firstMessage, grant, queryParam, refuse } from "@wsorigin/node";
export { createPolicy, explain, GateError, PolicyError } from "@wsorigin/node";
export type {
  Context,
  Decision,
  DecisionEvent,
  Deny,
  Gate,
  GuardableServer,
  Handler,
  Policy,
  PolicyOptions,
  RouteOptions,
  TokenOptions,
} from "@wsorigin/node";
export { corsOptions } from "./cors.ts";
export type { CorsOriginOptions } from "./cors.ts";
export { guard } from "./guard.ts";
export type { ExpressGuardOptions } from "./guard.ts";
