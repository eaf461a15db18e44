import type { Rule, Severity } from "../finding.ts";
import type { Message } from "./message.ts";

/** A text that clients print, as `normalise` writes it: parts that follow one another, whatever stands between them. */
export interface Phrase {
  /** Whose text it is. */
  readonly who: string;
  readonly parts: readonly [string, ...string[]];
  /** The last part is the end of the line. */
  readonly atEnd: boolean;
}

/** What is known of one kind of message: data, but for the lines that are written for the very case. */
export interface Entry {
  readonly rule: Rule;
  readonly says: readonly Phrase[];
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
  readonly says?: readonly (readonly Phrase[])[];
  /** Instead of the rule's own `fix`. */
  readonly lines?: (message: Message) => readonly string[];
  /** The cause can only be found from outside: the doctor is named last. */
  readonly outside?: boolean;
  readonly strength?: Entry["strength"];
}

export function define(definition: Definition): Entry {
  const {
    id,
    name,
    severity = "failure",
    title,
    cause,
    fix,
    says = [],
    outside = false,
    strength = "exact",
  } = definition;
  const own = definition.lines ?? (() => [fix]);
  return {
    rule: { id, name, severity, title, cause, fix },
    says: says.flat(),
    lines: outside ? (message) => [...own(message), `Run: wsorigin doctor ${message.address}`] : own,
    strength,
  };
}

/** The texts of one client: each a part that a line contains, or several in their order. */
export function by(who: string, ...texts: readonly (string | readonly [string, ...string[]])[]): readonly Phrase[] {
  return texts.map((text) => ({ who, parts: typeof text === "string" ? [text] : text, atEnd: false }));
}

/** Texts that end the line. */
export function ending(who: string, ...texts: readonly string[]): readonly Phrase[] {
  return texts.map((text) => ({ who, parts: [text], atEnd: true }));
}
