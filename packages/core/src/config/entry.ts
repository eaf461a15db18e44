import type { PolicyIssue, PolicyIssueCode } from "./errors.ts";
import { quote } from "../explain/text.ts";

/** The result of reading one entry of the configuration: its parts, or why it is refused. */
export type Read<T> = { readonly value: T } | Refused;

export interface Refused {
  readonly issue: PolicyIssue;
  /** A valid entry to write instead, if there is one. */
  readonly instead: string | undefined;
}

export function refuse(code: PolicyIssueCode, entry: string, message: string, instead?: string): Refused {
  return { issue: { code, entry, message }, instead };
}

/** Words the problems of one entry, in the same way for both lists. */
export interface Voice {
  /** Refuses the entry; the text says what to write instead. */
  readonly fail: (code: PolicyIssueCode, text: string) => Refused;
  /** Refuses the entry, and says to write the candidate, or what becomes of it. */
  readonly correct: (code: PolicyIssueCode, text: string, candidate: string, rest?: string) => Refused;
  /** Refuses an entry that is empty, contains several values, or has white space or a separator around its value. */
  readonly single: (codes: Readonly<Record<"empty" | "several", PolicyIssueCode>>) => Refused | undefined;
}

/**
 * @param list the option's name, the noun for an entry, and a valid example
 */
export function voiceOf(
  entry: string,
  { list, noun, example }: { readonly list: string; readonly noun: string; readonly example: string },
  read: (entry: string) => Read<unknown>,
): Voice {
  const sample = `${noun} such as ${quote(example)}`;
  const article = /^[aeiou]/.test(noun) ? "an" : "a";
  const fail: Voice["fail"] = (code, text) => refuse(code, entry, `${list}: ${quote(entry)} ${text}`);
  const correct: Voice["correct"] = (code, text, candidate, rest = "") => {
    const instead = mend(candidate, read);
    const fix = instead === undefined ? `${article} ${sample}` : quote(instead);
    return { ...fail(code, `${text} Write ${fix}${rest}.`), instead };
  };
  const single: Voice["single"] = ({ empty, several }) => {
    const values = entry.split(/[\s,;]+/).filter((part) => part !== "");
    const [first] = values;
    if (first === undefined) return fail(empty, `is empty. Remove it, or write ${article} ${sample}.`);
    if (values.length > 1) {
      const parts = values.map((part) => mend(part, read)).filter((part) => part !== undefined);
      const fix =
        parts.length === 0
          ? `${noun}s such as ${quote(example)}, one entry each`
          : `one entry each: ${parts.map((part) => quote(part)).join(", ")}`;
      return fail(several, `contains several values. Write ${fix}.`);
    }
    return first === entry
      ? undefined
      : correct("whitespace-present", "has white space or a separator around it.", first);
  };
  return { fail, correct, single };
}

/** The candidate for a correction, corrected further until it would be accepted itself. */
function mend(candidate: string, read: (entry: string) => Read<unknown>): string | undefined {
  const result = read(candidate);
  return "value" in result ? candidate : result.instead;
}
