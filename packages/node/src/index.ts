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
} from "@wsorigin/core";
export { deny } from "@wsorigin/core";
export type { Context } from "./context.ts";
export { GateError } from "./errors.ts";
export type { AdapterGate, Gate } from "./gate.ts";
export { guard, guardWith } from "./guard.ts";
export type { GuardableServer, PlainOptions } from "./guard.ts";
export { middlewareIssues } from "./options.ts";
export type { Adapter, Facts, GuardOptions, Handler, RouteOptions } from "./options.ts";
export type { PathParams } from "./path.ts";
export { refusing } from "./refusing.ts";
export type { DecisionEvent } from "./report.ts";
export type { Opened, Route, Taken } from "./route.ts";
export { StandIn } from "./stand-in.ts";
