import type { Rule, Severity } from "../finding.ts";
import type { Message } from "./message.ts";

/** What is known of one kind of message: data, but for the lines that are written for the very case. */
export interface Entry {
  readonly rule: Rule;
  /** Lines that can be copied. */
  readonly lines: (message: Message) => readonly string[];
  /**
   * `vague`: the message fits many causes, so that any other is told first. `fallback`: beyond that, it is considered only where nothing else in
   * the line is known.
   */
  readonly strength: "exact" | "vague" | "fallback";
}

export interface Definition {
  readonly id: string;
  readonly name: string;
  /** A failure unless told otherwise. */
  readonly severity?: Severity;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  /** Instead of the rule's own `fix`. */
  readonly lines?: (message: Message) => readonly string[];
  /** The cause can only be found from outside: the doctor is named last. */
  readonly outside?: boolean;
  readonly strength?: Entry["strength"];
}

export function define(definition: Definition): Entry {
  const { id, name, severity = "failure", title, cause, fix, outside = false, strength = "exact" } = definition;
  const own = definition.lines ?? (() => [fix]);
  return {
    rule: { id, name, severity, title, cause, fix },
    lines: outside ? (message) => [...own(message), `Run: wsorigin doctor ${message.address}`] : own,
    strength,
  };
}
