/** What came as an Origin: no header, one, or several lines. */
export type Sent = string | null | readonly string[];

/**
 * How another rule reads the same list. A model: written from its source or from what people write, and nothing that anybody runs. Total: what the
 * real one throws on counts as refused.
 */
export interface Peer {
  readonly name: string;
  /** What it does, and where it goes wrong. */
  readonly about: string;
  readonly compile: (entries: readonly string[]) => (sent: Sent) => boolean;
}

/** What a framework reads that takes the first of several lines. */
export function firstLine(sent: Sent): string | null {
  return typeof sent === "string" || sent === null ? sent : (sent[0] ?? null);
}

/** What Node.js makes of several lines in `headers.origin`. */
export function joined(sent: Sent): string | undefined {
  return typeof sent === "string" ? sent : sent?.join(", ");
}
