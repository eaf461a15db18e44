/** The options do not make a verifier. Thrown by `createJwtVerifier` only, never on a token. */
export class JwtVerifierError extends Error {
  override readonly name = "JwtVerifierError";
  readonly code = "ERR_WSORIGIN_JWT";
  /** Every problem at once, each with the option's name and what to write instead. None holds any part of a key. */
  readonly issues: readonly string[];

  constructor(issues: readonly string[]) {
    super(
      issues.length === 1
        ? issues[0]
        : `${issues.length} problems:\n${issues.map((issue, index) => `  ${index + 1}. ${issue}`).join("\n")}`,
    );
    this.issues = Object.freeze([...issues]);
  }
}
