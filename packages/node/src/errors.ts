/** The gate cannot be set up as asked. Thrown by `guard()` and `gate.route()` only, never on a handshake. */
export class GateError extends Error {
  override readonly name = "GateError";
  readonly code = "ERR_WSORIGIN_GATE";
  /** Every problem at once, each with what to write instead. */
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
