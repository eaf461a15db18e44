/** One thing that was tried. */
export interface Row {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  readonly ok: boolean;
}

/** The rows as lines, in columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, expected, got, ok }) => [name, expected, got, ok ? "ok" : "NO"]);
  const lines = [["name", "expected", "got", ""], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
