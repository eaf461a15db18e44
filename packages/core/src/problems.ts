/** One thing that is wrong with a policy's options. */
export interface PolicyIssue {
  /** What kind of problem it is: kebab-case, subject first, stable like the decisions' codes. */
  readonly code: PolicyIssueCode;
  /** The entry that has the problem, or the option's name where the option as a whole has it. */
  readonly entry: string;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

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

/** The options do not make a policy. Thrown by `createPolicy` only, with every problem at once. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code = "ERR_WSORIGIN_POLICY";
  readonly issues: readonly PolicyIssue[];

  constructor(issues: readonly PolicyIssue[]) {
    const lines = issues.map((issue, index) => `  ${index + 1}. ${issue.message}`);
    super(`The policy has ${issues.length === 1 ? "a problem" : `${issues.length} problems`}:\n${lines.join("\n")}`);
    this.issues = Object.freeze(issues.map((issue) => Object.freeze(issue)));
  }
}

/** The outcome of reading one entry of the configuration: its parts, or why it is refused. */
export type Read<T> = { readonly value: T } | Refused;

export interface Refused {
  readonly issue: PolicyIssue;
  /** An entry to write instead, which would be accepted; `undefined` where nothing is left of what was written. */
  readonly instead: string | undefined;
}

export function refuse(code: PolicyIssueCode, entry: string, message: string, instead?: string): Refused {
  return { issue: { code, entry, message }, instead };
}

/** The candidate for a correction, corrected further until it would be accepted itself. */
export function mend(candidate: string, read: (entry: string) => Read<unknown>): string | undefined {
  const result = read(candidate);
  return "value" in result ? candidate : result.instead;
}
