import type { Row } from "./stage.ts";

/** What a run of a row observed. */
export interface Observed {
  readonly seen: unknown;
  /** The codes of the gate's refusals. */
  readonly refusals: readonly string[];
}

/** A row, with what it observed without a gate and with one. */
export interface Compared {
  readonly library: string;
  readonly row: Row;
  readonly bare: Observed;
  readonly gated: Observed;
}

/** Writes the table of all rows, those that differ first. */
export function table(rows: readonly Compared[]): string {
  const differing = rows.filter(({ row }) => row.differs !== undefined);
  const same = rows.filter(({ row }) => row.differs === undefined);
  return [
    "# Other libraries behind a gate",
    "",
    "What each library does by itself is compared with what it does behind a gate whose policy allows the clients: status lines, header fields, bodies, frames, close codes and",
    "events, in their order. The gate is added before the library in one run, and after it in another. `test/peers.test.ts` writes this file.",
    "",
    "## What differs",
    "",
    ...tableOf(
      ["library", "row", "without a gate", "with a gate", "code", "why"],
      differing.map(({ library, row, bare, gated }) => [
        library,
        row.name,
        statusOf(bare.seen),
        statusOf(gated.seen),
        gated.refusals.map((code) => `\`${code}\``).join(" ") || "none",
        row.differs ?? "",
      ]),
    ),
    "",
    "## What is the same",
    "",
    ...tableOf(
      ["library", "row"],
      same.map(({ library, row }) => [library, row.name]),
    ),
    "",
  ].join("\n");
}

/** The status line in what a row observed. */
export function statusOf(seen: unknown): string {
  const [line] = /HTTP\/1\.1 [^"]+/.exec(JSON.stringify(seen)) ?? [];
  return line === undefined ? "the connection ends" : line.slice("HTTP/1.1 ".length);
}

/** Aligns the columns, as the formatter does. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [lineOf(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(lineOf)];
}
