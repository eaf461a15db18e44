/** What the gates share: `@wsorigin/node` and `@wsorigin/fetch`. For gates of your own; the names may change with a minor release. */
export {
  bearerIssues,
  type Check,
  checkEach,
  type CheckIssue,
  countProblem,
  definedOnly,
  durationProblem,
  examplePolicy,
  functionProblem,
  logProblem,
  oneOf,
  policyProblem,
  protocolsProblem,
  revocationsProblem,
  show,
  unknownOption,
} from "./checks.ts";
export { attempt, isThenable } from "./attempt.ts";
export { isEqual } from "./equal.ts";
export { errorText } from "./error-text.ts";
export { denyTooLong, denyTooMuch, maxEarly, tokenIn } from "./first-message.ts";
export { denyUnreadable } from "../check/check.ts";
export { readable } from "../fetch-handshake.ts";
export { checkClosing } from "./close-code.ts";
export { chooseProtocol, type FormFields, formProblem, offeredProtocols, type RequestForm } from "./form.ts";
export { judgeLateToken, type LateToken, notExpired } from "./late-token.ts";
export { evaluate, isDecision, sourcesOf } from "./policy.ts";
export { type CloseCodes, closeCodeOf, type Refusal, reasonOf, refusalOf } from "./refusal.ts";
export { type LogSource, RefusalLog, type RefusalLogOptions } from "./refusal-log.ts";
export {
  type Revocable,
  type Revocation,
  type RevocationSource,
  Revocations,
  unrevoked,
  type Verification,
} from "./revocations.ts";
export { Schedule } from "./schedule.ts";
export { type TokenPlaces, withoutTokens } from "./strip-tokens.ts";
export { isDecodable, originForm, targetOfUrl } from "./target.ts";
