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
export type { Connection, Context, Gate, GuardableServer, Handler, Identity, RouteOptions } from "@wsorigin/node";
export type { Decision, DecisionEvent, Deny, Policy, PolicyOptions, TokenOptions } from "@wsorigin/node";
export { type CorsOriginOptions, corsOptions } from "./cors.ts";
export { guard } from "./guard.ts";
export type { ExpressGate, ExpressGuardOptions, SocketContext, SocketHandler } from "./guard.ts";
export { requestGuard, type RequestGuard } from "./request-guard.ts";
