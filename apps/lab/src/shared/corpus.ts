/** One thing that can be sent as an Origin, from the attack corpus. */
export interface CorpusRow {
  /** The header's value; `null` is no header, a list is repeated lines. */
  readonly origin: string | null | readonly string[];
  /** What it tries: the part of `why` before the colon. */
  readonly group: string;
  readonly why: string;
}
