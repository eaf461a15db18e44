import { ConfigurationError, type ConfigurationIssue } from "@wsorigin/core";

/** What kind of problem an option has: kebab-case, subject first, stable like the codes of decisions. */
export type TicketsIssueCode = "option-incoherent" | "option-invalid" | "option-missing" | "option-unknown";

/** One problem in the options of `createTickets`, `memoryStore` or `redisStore`. */
export type TicketsIssue = ConfigurationIssue<TicketsIssueCode>;

/**
 * The options of `createTickets`, `memoryStore` or `redisStore` are invalid. Its `issues` hold every problem at once. Never thrown while a ticket is
 * issued or redeemed.
 */
export class TicketsError extends ConfigurationError<TicketsIssueCode> {
  override readonly name = "TicketsError";
  override readonly code = "ERR_WSORIGIN_TICKETS";

  constructor(issues: readonly TicketsIssue[]) {
    super("ERR_WSORIGIN_TICKETS", issues);
  }
}
