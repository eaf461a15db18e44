export { raceAbort } from "./ask/abort.ts";
export { allowCodes, denyCodes, statusOf } from "./check/codes.ts";
export type { AllowCode, DenyCode, DenyStatus } from "./check/codes.ts";
export { deny } from "./check/decision.ts";
export type { Allow, Circumstances, Decision, Deny, Rules } from "./check/decision.ts";
export { explain } from "./explain/explain.ts";
export { grant, refuse } from "./token/grant.ts";
export type { Grant, Granted, RefusalReason, TokenRefusal } from "./token/grant.ts";
export type { Handshake } from "./check/handshake.ts";
export type { AnyHandshake, FetchHeaders, FetchRequest } from "./fetch-handshake.ts";
export { shared } from "./shared.ts";
export type { Directory } from "./ask/directory.ts";
export type { PolicyOptions } from "./config/options.ts";
export { splitList } from "./config/split-list.ts";
export { locationOf } from "./copies.ts";
export { createPolicy } from "./policy.ts";
export type { AskOptions, DecideOptions, Policy } from "./policy.ts";
export { ConfigurationError, PolicyError } from "./config/errors.ts";
export type { ConfigurationIssue, PolicyIssue, PolicyIssueCode } from "./config/errors.ts";
export { escapeControls, quote, redact } from "./explain/text.ts";
export {
  bearerHeader,
  bearerProtocol,
  cookie,
  firstMessage,
  queryParam,
  spokenProtocols,
  urlWithoutTokens,
} from "./token/sources.ts";
export type { FirstMessage, TokenSource, TokenSourceKind } from "./token/sources.ts";
export { awaitedMessage } from "./token/token.ts";
export type { TokenContext, TokenOptions, Verification } from "./token/token.ts";
