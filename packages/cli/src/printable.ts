// Control characters, marks that turn the reading direction, zero-width characters, line separators, halves of surrogate pairs, unassigned characters.
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;
const unseenButTab = /(?!\t)[\p{C}\p{Zl}\p{Zp}]/gu;
/** What `JSON.stringify` leaves as it is, though a terminal or a reader may act on it. */
const leftByJson = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Writes what cannot be seen as `\uXXXX`, so that a text from elsewhere is one line and controls no terminal. Letters stay. */
export function printable(text: string): string {
  return text.replace(unseen, escaped);
}

/** The lines of a text from elsewhere, each printable. Tabs stay. */
export function printableLines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replace(unseenButTab, escaped));
}

/** A text of several lines that controls no terminal. */
export function printableText(text: string): string {
  return printableLines(text).join("\n");
}

/** JSON that means the same, and controls no terminal. */
export function printableJson(json: string): string {
  return json.replace(leftByJson, escaped);
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
