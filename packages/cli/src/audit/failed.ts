/** A file that could not be looked into. */
export interface Failed {
  readonly file: string;
  readonly reason: string;
}

/** What a check that threw says of the file: what nests too deeply for the parser's heirs is the usual cause. */
export function reasonOf(error: unknown): string {
  return error instanceof RangeError ? "nested too deeply" : "not understood";
}
