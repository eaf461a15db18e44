/** The options make no tickets, or no store. Thrown by `createTickets()`, `memoryStore()` and `redisStore()` only, never on a handshake. */
export class TicketsError extends Error {
  override readonly name = "TicketsError";
  readonly code = "ERR_WSORIGIN_TICKETS";
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
