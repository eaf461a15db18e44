/** How bad it is: a failure is what the exit code is about. */
export type Severity = "failure" | "warning" | "note";

/** A place in a file. Lines and columns count from 1. */
interface Place {
  /** As it was given, or relative to the folder that was given; with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** What is said of one kind of problem, whatever the case: data, one for each id. */
export interface Rule {
  /** `WSO014`: never given to another rule. 0xx doctor, 1xx proxy, 2xx audit, 3xx explain. */
  readonly id: string;
  /** A few words in kebab-case, as in decisions' codes: `upgrade-stripped`. */
  readonly name: string;
  readonly severity: Severity;
  /** One line. */
  readonly title: string;
  /** Why it happens, in a sentence or a few. */
  readonly cause: string;
  /** What to do about it in general. The finding's own `fix` is for the very case. */
  readonly fix: string;
}

/** One problem that was found. */
export interface Finding {
  readonly rule: Rule;
  /** What was seen, word for word, with secrets taken out: a line each. */
  readonly seen: readonly string[];
  /** Who answered, where that could be told: `nginx 1.22.1`, `Express`. */
  readonly who?: string | undefined;
  /** What to change, for the very server: lines that can be copied. */
  readonly fix: readonly string[];
  readonly place?: Place | undefined;
  /** Where it is not the rule's own. */
  readonly severity?: Severity | undefined;
}

/** What a command found out. */
export interface Report {
  readonly command: "doctor" | "explain" | "proxy" | "audit";
  /** What was looked at: a URL without its query, a file, a folder, a message. */
  readonly target: string;
  readonly findings: readonly Finding[];
  /** What was done, in order, with its outcome: a line each. Shown where there is nothing wrong too. */
  readonly steps: readonly Step[];
  /** Why not everything was looked into, if so: it was interrupted or out of time, or sources could not be read. */
  readonly incomplete?: "stopped" | "unread" | undefined;
}

export interface Step {
  readonly name: string;
  readonly outcome: "ok" | "failed" | "skipped";
  /** A few words: a status line, a certificate's end. */
  readonly detail: string;
}

export function severityOf({ severity, rule }: Finding): Severity {
  return severity ?? rule.severity;
}

/** Where a rule is written about. */
export function docsOf({ id }: Rule): string {
  return `https://github.com/wsorigin/wsorigin/blob/main/packages/cli/docs/rules.md#${id.toLowerCase()}`;
}
