export { createPolicy, explain, PolicyError } from "@wsorigin/core";
export type {
  Allow,
  AllowCode,
  Decision,
  Deny,
  DenyCode,
  Directory,
  Handshake,
  Policy,
  PolicyIssue,
  PolicyOptions,
  TokenContext,
  TokenOptions,
  TokenSource,
  Verification,
} from "@wsorigin/core";
export {
  bearerHeader,
  bearerProtocol,
  cookie,
  deny,
  firstMessage,
  grant,
  queryParam,
  refuse,
  splitList,
} from "@wsorigin/core";
export type { CloseCodes, Revocation, RevocationSource } from "@wsorigin/core/gate";
export type { Connection, Context, OpenConnection } from "./connection/context.ts";
export { identityOf } from "./connection/identity.ts";
export type { Identity } from "./connection/identity.ts";
export { GateError } from "./errors.ts";
export type { GateIssue, GateIssueCode } from "./errors.ts";
export type { AllowRequest } from "./delegation/allow-request.ts";
export type { Gate } from "./gate.ts";
export { guard } from "./guard.ts";
export type { PlainOptions } from "./guard.ts";
export { requestGuard } from "./http/request-guard.ts";
export type { PlainRequestGuardOptions, RequestGuard, RequestGuardOptions } from "./http/request-guard.ts";
export type { FailureLimit } from "./limits/failures.ts";
export type { Facts, GuardOptions, Handler, RouteOptions } from "./options.ts";
export type { DecisionEvent } from "./report.ts";
export type { PathParams } from "./routing/path.ts";
export type { GuardableServer } from "./transport/receiver.ts";
