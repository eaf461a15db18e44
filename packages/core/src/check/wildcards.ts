import { isPlainName } from "./host.ts";

/** How deep a wildcard reaches: `*` is exactly one label, `**` one or more. */
export type Star = "*" | "**";

/** The stars of a base, as bits. */
const oneLabel = 1;
const anyDepth = 2;

/**
 * Wildcard entries, found by walking a name's suffixes label by label: the cost grows with the labels of that name (at most 127), not with the number of entries. A match always ends at a dot, so `evilexample.com` never matches `*.example.com`, and the base
 * itself is never covered.
 */
export class Wildcards {
  readonly #bases = new Map<string, number>();

  /** @param base may end in a port (`example.com:8443`), which must then match too */
  add(star: Star, base: string): void {
    this.#bases.set(base, (this.#bases.get(base) ?? 0) | (star === "*" ? oneLabel : anyDepth));
  }

  /** Returns the entry that covers a name, with its port if it has one, as `*.base` or `**.base`. */
  match(name: string): string | undefined {
    if (this.#bases.size === 0) return undefined;
    const first = name.indexOf(".");
    for (let dot = first; dot >= 0; dot = name.indexOf(".", dot + 1)) {
      const base = name.slice(dot + 1);
      const stars = this.#bases.get(base);
      if (stars === undefined || (stars === oneLabel && dot !== first)) continue;
      if (!isPlainName(name.slice(0, dot))) return undefined;
      return dot === first && (stars & oneLabel) !== 0 ? `*.${base}` : `**.${base}`;
    }
    return undefined;
  }
}
