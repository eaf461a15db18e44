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
export type { Connection, Context, GuardableServer, Identity, RouteOptions } from "@wsorigin/node";
export type { Decision, DecisionEvent, Policy, PolicyOptions, TokenOptions } from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { guard, type KoaGate, type KoaGuardOptions, type SocketContext, type SocketHandler } from "./guard.ts";
export { requestGuard, type RequestGuard } from "./request-guard.ts";
