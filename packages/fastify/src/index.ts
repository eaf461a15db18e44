export { bearerHeader, bearerProtocol, cookie, firstMessage, grant, queryParam, refuse } from "@wsorigin/node";
export { createPolicy, explain, GateError, PolicyError } from "@wsorigin/node";
export type { Context, Decision, DecisionEvent, Gate, Policy, PolicyOptions, TokenOptions } from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { type Register, type SocketRouteOptions, wsorigin, type WsoriginOptions } from "./plugin.ts";
