import type { Entry } from "./entry.ts";
import { sources } from "./messages/index.ts";
import type { Message } from "./message.ts";
import type { Phrase } from "./source.ts";

export interface Matched {
  readonly entry: Entry;
  readonly who: string;
}

/** The entry whose phrase says most of the line: the longest one, and of equal ones the first. A fallback only where there is nothing else. */
export function match(entries: ReadonlyMap<string, Entry>, { plain }: Message): Matched | undefined {
  let best: Matched | undefined;
  let longest = 0;
  for (const { who, texts } of sources) {
    for (const [name, phrases] of texts) {
      const entry = entries.get(name);
      if (entry === undefined) continue;
      for (const phrase of phrases) {
        const length = entry.strength === "fallback" ? 1 : lengthOf(phrase);
        if (length <= longest || !contains(plain, phrase)) continue;
        best = { entry, who };
        longest = length;
      }
    }
  }
  return best;
}

function lengthOf({ parts }: Phrase): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Whether the parts stand in the line in their order. Each search starts where the last one ended, so the line is read once. */
function contains(plain: string, { parts, atEnd }: Phrase): boolean {
  let index = 0;
  for (const part of parts) {
    const found = find(plain, part, index);
    if (found < 0) return false;
    index = found + part.length;
  }
  return !atEnd || plain.endsWith(parts.at(-1) ?? "");
}

/** A part that begins or ends with a digit is a number, and no piece of a longer one. */
function find(plain: string, part: string, from: number): number {
  for (let index = plain.indexOf(part, from); index >= 0; index = plain.indexOf(part, index + 1)) {
    if (isWhole(plain, part, index)) return index;
  }
  return -1;
}

function isWhole(plain: string, part: string, index: number): boolean {
  const before = !digit(part.charAt(0)) || !digit(plain.charAt(index - 1));
  return before && (!digit(part.charAt(part.length - 1)) || !digit(plain.charAt(index + part.length)));
}

function digit(char: string): boolean {
  return char >= "0" && char <= "9" && char.length === 1;
}
