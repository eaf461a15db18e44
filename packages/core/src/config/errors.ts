/** One problem in the options of a function of wsorigin. */
export interface ConfigurationIssue<Code extends string = string> {
  /** The kind of problem: kebab-case, subject first, stable like the codes of decisions. */
  readonly code: Code;
  /** The entry that has the problem, or the option's name if the whole option has it. */
  readonly entry: string;
  /** What is wrong, with the value, and what to write instead. */
  readonly message: string;
}

/**
 * The options of a function are invalid. Base class of `PolicyError` (`ERR_WSORIGIN_POLICY`), `GateError`, `JwtVerifierError` and
 * `TicketsError`. Thrown during set-up only, never while a handshake is decided.
 */
export class ConfigurationError<Code extends string = string> extends Error {
  override readonly name: string = "ConfigurationError";
  /** Identifies the class across versions and copies of a package: `ERR_WSORIGIN_...`. */
  readonly code: string;
  /** Every problem, not only the first one. Frozen. */
  readonly issues: readonly ConfigurationIssue<Code>[];

  /**
   * @param code the error's code, such as `"ERR_WSORIGIN_POLICY"`
   * @param issues at least one; copied
   */
  constructor(code: string, issues: readonly ConfigurationIssue<Code>[]) {
    const [first] = issues;
    const lines = issues.map((issue, index) => `\n  ${index + 1}. ${issue.message}`);
    super(issues.length === 1 ? first?.message : `${issues.length} problems:${lines.join("")}`);
    this.code = code;
    this.issues = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })));
  }
}

/** One problem in the options of `createPolicy`. */
export type PolicyIssue = ConfigurationIssue<PolicyIssueCode>;

export type PolicyIssueCode =
  | "entry-not-a-string"
  | "host-invalid"
  | "host-port-invalid"
  | "host-public-suffix"
  | "host-scheme-present"
  | "host-wildcard-invalid"
  | "option-incoherent"
  | "option-invalid"
  | "option-missing"
  | "option-unknown"
  | "origin-host-invalid"
  | "origin-insecure"
  | "origin-list-in-one-entry"
  | "origin-never-sent"
  | "origin-opaque"
  | "origin-path-present"
  | "origin-port-invalid"
  | "origin-public-suffix"
  | "origin-scheme-invalid"
  | "origin-scheme-missing"
  | "origin-userinfo-present"
  | "origin-wildcard-invalid"
  | "whitespace-present";

/** The options of `createPolicy` are invalid. Its `issues` hold every problem at once. */
export class PolicyError extends ConfigurationError<PolicyIssueCode> {
  override readonly name = "PolicyError";
  override readonly code = "ERR_WSORIGIN_POLICY";

  constructor(issues: readonly PolicyIssue[]) {
    super("ERR_WSORIGIN_POLICY", issues);
  }
}
