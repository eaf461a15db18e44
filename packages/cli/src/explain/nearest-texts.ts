import { sources } from "./messages/index.ts";
import type { Message } from "./message.ts";

export interface NearText {
  readonly text: string;
  readonly who: string;
  readonly name: string;
}

/** The known texts that have most words in common with a line: at most three, and none that shares less than half of its words. */
export function nearTexts({ plain }: Message): readonly NearText[] {
  const words = new Set(wordsOf(plain));
  const near: (NearText & { readonly share: number; readonly common: number })[] = [];
  for (const { who, texts } of sources) {
    for (const [name, phrases] of texts) {
      for (const { parts } of phrases) {
        const text = parts.join(" … ");
        const own = [...new Set(wordsOf(text))];
        const common = own.filter((word) => words.has(word)).length;
        if (common >= 2 && common * 2 >= own.length) near.push({ text, who, name, common, share: common / own.length });
      }
    }
  }
  return near
    .toSorted((a, b) => b.common - a.common || b.share - a.share)
    .filter(({ name }, index, all) => all.findIndex((other) => other.name === name) === index)
    .slice(0, 3);
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[^a-z0-9-]+/, 400).filter((word) => word.length >= 4 && word !== "websocket" && word !== "error");
}
