/** A text that a program prints, as `normalise` writes it: parts that follow one another, whatever stands between them. */
export interface Phrase {
  readonly parts: readonly [string, ...string[]];
  /** The last part is the end of the line. */
  readonly atEnd: boolean;
}

/** A text in a list: a part that a line contains, several in their order, or the end of the line. */
type Text = string | readonly [string, ...string[]] | Phrase;

/** The texts of one program. */
export interface Source {
  /** The program's name, as a finding gives it. */
  readonly who: string;
  /** By the name of the entry that says what they mean. */
  readonly texts: readonly (readonly [name: string, phrases: readonly Phrase[]])[];
}

export function source(who: string, texts: Readonly<Record<string, readonly Text[]>>): Source {
  return { who, texts: Object.entries(texts).map(([name, all]) => [name, all.map(phraseOf)]) };
}

/** A text that ends the line. */
export function ending(text: string): Phrase {
  return { parts: [text], atEnd: true };
}

function phraseOf(text: Text): Phrase {
  if (typeof text === "string") return { parts: [text], atEnd: false };
  return "parts" in text ? text : { parts: text, atEnd: false };
}
