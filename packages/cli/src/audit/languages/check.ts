import type { Rule, Severity } from "../../finding.ts";
import type { At } from "./tree.ts";

/** A finding before its line is read. */
export interface Found {
  readonly rule: Rule;
  readonly at: At;
  readonly fix: readonly string[];
  readonly severity?: Severity | undefined;
}

export function rule(id: string, name: string, severity: Severity, title: string, cause: string, fix: string): Rule {
  return { id, name, severity, title, cause, fix };
}
