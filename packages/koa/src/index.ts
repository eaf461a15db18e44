export { bearerHeader, bearerProtocol, cookie, firstMessage, grant, queryParam, refuse } from "@wsorigin/node";
export { createPolicy, explain, GateError, PolicyError } from "@wsorigin/node";
export type {
  Context,
  Decision,
  DecisionEvent,
  GuardableServer,
  Policy,
  PolicyOptions,
  RouteOptions,
  TokenOptions,
} from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { guard, type KoaGate, type KoaGuardOptions, type SocketContext, type SocketHandler } from "./guard.ts";
