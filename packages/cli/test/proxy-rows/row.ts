/** A small configuration, and what is found in it first. */
export interface Row {
  readonly kind: string;
  readonly title: string;
  readonly file: string;
  readonly text: string;
  readonly path?: string | undefined;
  /** `WSO104 failure`, or `nothing`. */
  readonly first: string;
}

/** Rows of one kind: what each is, its text, what is found first, and the path where one is asked for. */
export function rowsOf(
  kind: string,
  file: string,
  rows: readonly (readonly [string, string, string, string?])[],
): readonly Row[] {
  return rows.map(([title, text, first, path]) => ({ kind, file, title, text, first, path }));
}
