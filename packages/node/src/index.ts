export { chooseProtocol, patience } from "./acceptor.ts";
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
export { bearerHeader, bearerProtocol, cookie, deny, firstMessage, grant, queryParam, refuse } from "@wsorigin/core";
export type { Context } from "./context.ts";
export { GateError } from "./errors.ts";
export type { AdapterGate, Gate } from "./gate.ts";
export { guard, guardWith } from "./guard.ts";
export type { GuardableServer, PlainOptions } from "./guard.ts";
export { middlewareIssues } from "./options.ts";
export type { Adapter, Facts, GuardOptions, Handler, RouteOptions } from "./options.ts";
export type { PathParams } from "./path.ts";
export { refusing } from "./refusing.ts";
export type { Identity } from "./identity.ts";
export type { FailureLimit } from "./limits.ts";
export type { CloseCodes } from "./refusal.ts";
export type { DecisionEvent } from "./report.ts";
export type { Revocation, RevocationFeed } from "./revocations.ts";
export type { Arrival, Opened, Route, Taken } from "./route.ts";
export { StandIn } from "./stand-in.ts";
