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
export { type Register, type SocketRouteOptions, wsorigin, type WsoriginOptions } from "./plugin.ts";
export { requestGuard, type RequestGuard } from "./request-guard.ts";
