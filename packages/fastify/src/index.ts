export {
  bearerHeader,
  bearerProtocol,
  cookie,
  firstMessage,
  grant,
  queryParam,
  refuse,
  splitList,
} from "@wsorigin/node";
export { createPolicy, explain, GateError, identityOf, PolicyError } from "@wsorigin/node";
export type { Connection, Context, Gate, Identity } from "@wsorigin/node";
export type { Decision, DecisionEvent, Policy, PolicyOptions, TokenOptions } from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { wsorigin } from "./plugin.ts";
export type { FastifyGate, Register, SocketRouteOptions, WsoriginOptions } from "./plugin.ts";
export { requestGuard, type RequestGuard } from "./request-guard.ts";
