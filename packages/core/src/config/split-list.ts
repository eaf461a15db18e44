/**
 * Splits a list in one text, such as an environment variable: entries separated by commas or white space. `undefined` and an empty text are an empty list,
 * which allows none.
 *
 * @example
 * createPolicy({ origins: splitList(process.env.ORIGINS) });
 */
export function splitList(text: string | undefined): readonly string[] {
  return (text ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
}
