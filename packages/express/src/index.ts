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
} from "@wsorigin/node";
export { corsOptions } from "./cors.ts";
export type { CorsOriginOptions } from "./cors.ts";
export { guard } from "./guard.ts";
export type { ExpressGuardOptions } from "./guard.ts";
