import { ConfigurationError, type ConfigurationIssue } from "@wsorigin/core";

/** One problem in the options of `upgradeGuard`. */
export type UpgradeGuardIssue = ConfigurationIssue<UpgradeGuardIssueCode>;

export type UpgradeGuardIssueCode = "option-incoherent" | "option-invalid" | "option-missing" | "option-unknown";

/** The options of `upgradeGuard` are invalid. Its `issues` hold every problem at once, each with what to write instead. */
export class UpgradeGuardError extends ConfigurationError<UpgradeGuardIssueCode> {
  override readonly name = "UpgradeGuardError";
  override readonly code = "ERR_WSORIGIN_FETCH";

  constructor(issues: readonly UpgradeGuardIssue[]) {
    super("ERR_WSORIGIN_FETCH", issues);
  }
}
