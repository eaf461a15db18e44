import { originCases } from "@wsorigin/testing";
import type { CorpusRow } from "../shared/corpus.ts";

/** Each thing that the corpus sends, once. */
export function corpusRows(): readonly CorpusRow[] {
  const rows = new Map<string, CorpusRow>();
  for (const { origin, why } of originCases) {
    const key = JSON.stringify(origin);
    const colon = why.indexOf(":");
    const group = colon < 0 ? why : why.slice(0, colon);
    if (!rows.has(key)) rows.set(key, { origin, group, why });
  }
  return [...rows.values()];
}
