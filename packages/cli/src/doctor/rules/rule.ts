import type { Rule, Severity } from "../../finding.ts";
import type { Observations } from "../observe.ts";

/** What a rule has to show for itself. */
export interface Evidence {
  readonly seen: readonly string[];
  readonly fix?: readonly string[];
  readonly severity?: Severity;
  /** Who answered, where it is not whom the replies show. */
  readonly who?: string;
}

/**
 * A rule and when it fires. Of the rules of a group that says "first", only the first that fires is told of: what is behind a closed door cannot be
 * seen.
 */
export interface DoctorRule extends Rule {
  readonly group: "page" | "way" | "handshake" | "tunnel" | "door" | "habits";
  readonly when: (seen: Observations) => Evidence | undefined;
}
