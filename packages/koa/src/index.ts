export { createPolicy, explain, GateError, PolicyError } from "@wsorigin/node";
export type {
  Context,
  Decision,
  DecisionEvent,
  GuardableServer,
  Policy,
  PolicyOptions,
  RouteOptions,
} from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { guard } from "./guard.ts";
export type { KoaGate, KoaGuardOptions, SocketContext, SocketHandler } from "./guard.ts";
