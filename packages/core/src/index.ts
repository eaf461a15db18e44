export { raceAbort } from "./abort.ts";
export { allowCodes, denyCodes, statusOf } from "./codes.ts";
export type { AllowCode, DenyCode, DenyStatus } from "./codes.ts";
export { ConfigurationError } from "./configuration-error.ts";
export type { ConfigurationIssue } from "./configuration-error.ts";
export { deny } from "./decision.ts";
export type { Allow, Circumstances, Decision, Deny, Expectation } from "./decision.ts";
export { explain } from "./explain.ts";
export { grant, refuse } from "./grant.ts";
export type { Grant, Granted, RefusalReason, TokenRefusal } from "./grant.ts";
export type { Handshake } from "./handshake.ts";
export type { Directory, PolicyOptions } from "./options.ts";
export { createPolicy } from "./policy.ts";
export type { AskOptions, DecideOptions, Policy } from "./policy.ts";
export { PolicyError } from "./problems.ts";
export type { PolicyIssue, PolicyIssueCode } from "./problems.ts";
export { escapeControls, quote, redact } from "./text.ts";
export {
  bearerHeader,
  bearerProtocol,
  cookie,
  firstMessage,
  queryParam,
  spokenProtocols,
  urlWithoutTokens,
} from "./sources.ts";
export type { FirstMessage, TokenSource, TokenSourceKind } from "./sources.ts";
export { awaitedMessage } from "./token.ts";
export type { TokenContext, TokenOptions, Verification } from "./token.ts";
