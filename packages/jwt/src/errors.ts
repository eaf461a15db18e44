import { ConfigurationError, type ConfigurationIssue } from "@wsorigin/core";

/** What kind of problem an option has: kebab-case, subject first, stable like the codes of decisions. */
export type JwtIssueCode =
  | "algorithm-key-mismatch"
  | "algorithm-none"
  | "algorithm-unknown"
  | "jwks-credentials-present"
  | "jwks-insecure"
  | "jwks-invalid"
  | "key-ambiguous"
  | "key-invalid"
  | "key-mismatched"
  | "key-private"
  | "key-secret"
  | "key-too-short"
  | "key-use-invalid"
  | "option-invalid"
  | "option-missing"
  | "option-unknown"
  | "secret-invalid"
  | "secret-pem"
  | "secret-too-short";

/** One problem in the options of `createJwtVerifier`. No message contains any part of a key. */
export type JwtIssue = ConfigurationIssue<JwtIssueCode>;

/** The options of `createJwtVerifier` are invalid. Its `issues` hold every problem at once. Never thrown while a token is verified. */
export class JwtVerifierError extends ConfigurationError<JwtIssueCode> {
  override readonly name = "JwtVerifierError";
  override readonly code = "ERR_WSORIGIN_JWT";

  constructor(issues: readonly JwtIssue[]) {
    super("ERR_WSORIGIN_JWT", issues);
  }
}
