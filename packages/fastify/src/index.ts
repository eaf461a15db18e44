export { createPolicy, explain, GateError, PolicyError } from "@wsorigin/node";
export type { Context, Decision, DecisionEvent, Gate, Policy, PolicyOptions, RouteOptions } from "@wsorigin/node";
export { corsOptions } from "./cors.ts";
export type { CorsOriginOptions } from "./cors.ts";
export { wsorigin } from "./plugin.ts";
export type { SocketRouteOptions, WsoriginOptions } from "./plugin.ts";
