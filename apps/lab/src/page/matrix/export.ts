import { columns, type MatrixRow } from "./evaluate.ts";

/** A table for spreadsheets (RFC 4180). An Origin can hold a formula: what would be taken for one is led by an apostrophe. */
export function toCsv(rows: readonly MatrixRow[]): string {
  const lines = rows.map(({ origin, group, why, lets, code }) => [
    origin,
    group,
    why,
    code,
    ...lets.map((lets) => (lets ? "let in" : "refused")),
  ]);
  const head = ["origin", "group", "why", "code", ...columns];
  return `${[head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** What was sent, exactly, and who lets it in. */
export function toJson(rows: readonly MatrixRow[]): string {
  const records = rows.map(({ sent, group, why, lets, code }) => ({
    origin: sent,
    group,
    why,
    code,
    letsIn: Object.fromEntries(columns.map((name, index) => [name, lets[index] === true])),
  }));
  return `${JSON.stringify(records, undefined, 2)}\n`;
}
