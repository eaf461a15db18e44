import { type Decision, explain, quote } from "@wsorigin/core";
import { peers } from "../../peers/index.ts";
import type { Sent } from "../../peers/peer.ts";
import { compile } from "../../shared/compile.ts";
import type { CorpusRow } from "../../shared/corpus.ts";
import { type Draft, entriesOf } from "../../shared/draft.ts";

/** wsorigin first, then the others. */
export const columns: readonly string[] = ["wsorigin", ...peers.map(({ name }) => name)];

export interface MatrixRow {
  /** What was sent, to read: quoted where it is not plain. */
  readonly origin: string;
  readonly sent: Sent;
  readonly group: string;
  readonly why: string;
  /** Who lets it in, in the order of `columns`. */
  readonly lets: readonly boolean[];
  readonly code: string;
}

export interface Matrix {
  readonly rows: readonly MatrixRow[];
  /** For each column, how many it lets in, and how many of them wsorigin refuses. */
  readonly totals: readonly { readonly lets: number; readonly wrongly: number }[];
}

/** Puts the whole corpus to a policy and to the others. A policy that does not compile lets nobody in. */
export function evaluate(draft: Draft, corpus: readonly CorpusRow[]): Matrix {
  const entries = entriesOf(draft.origins);
  const others = peers.map((peer) => peer.compile(entries));
  const compiled = compile(draft);
  const rows = corpus.map(({ origin: sent, group, why }): MatrixRow => {
    const decision = "policy" in compiled ? check(compiled, draft, sent) : undefined;
    const lets = [decision?.allowed === true, ...others.map((ask) => ask(sent))];
    return { origin: show(sent), sent, group, why, lets, code: decision?.code ?? "no policy" };
  });
  const totals = columns.map((_, column) => ({
    lets: rows.filter(({ lets }) => lets[column]).length,
    wrongly: rows.filter(({ lets }) => lets[column] === true && lets[0] !== true).length,
  }));
  return { rows, totals };
}

/** What the operator would read of a row. */
export function explainRow(draft: Draft, { sent }: MatrixRow): string {
  const compiled = compile(draft);
  return "policy" in compiled ? explain(check(compiled, draft, sent)) : "The policy does not compile.";
}

function check(compiled: Extract<ReturnType<typeof compile>, { policy: unknown }>, draft: Draft, sent: Sent): Decision {
  // By a Host that is listed: what is asked here is the Origin.
  const [host = "api.example"] = entriesOf(draft.hosts);
  const named = host.replace(/^\*+\./, "host.");
  return compiled.policy.check({ headers: { origin: sent ?? undefined, host: named } });
}

function show(sent: Sent): string {
  if (sent === null) return "(no Origin)";
  if (typeof sent !== "string") return sent.map((line) => quote(line)).join(" and ");
  return /^[\x21-\x7e]+$/.test(sent) ? sent : quote(sent);
}

/** The corpus about another domain: `example.com`, which it speaks of, becomes the given one. */
export function about(domain: string, corpus: readonly CorpusRow[]): readonly CorpusRow[] {
  if (domain === "example.com" || domain === "") return corpus;
  const put = (text: string): string => text.replaceAll("example.com", domain);
  return corpus.map((row) => ({
    ...row,
    origin: row.origin === null ? null : typeof row.origin === "string" ? put(row.origin) : row.origin.map(put),
  }));
}

/** The registrable domain that a list speaks of, as far as a guess goes: the last two labels of its first entry with https. */
export function domainOf(draft: Draft): string {
  for (const entry of entriesOf(draft.origins)) {
    const host = /^https:\/\/([a-z0-9.*-]+)$/.exec(entry)?.[1];
    const labels = host?.split(".").filter((label) => !label.includes("*")) ?? [];
    if (labels.length >= 2) return labels.slice(-2).join(".");
  }
  return "example.com";
}

export type SortKey =
  | { readonly by: "difference" | "origin" | "group" }
  | { readonly by: "column"; readonly column: number };

/** A sorted copy; rows that are alike keep their order. */
export function sorted(rows: readonly MatrixRow[], key: SortKey, descending: boolean): readonly MatrixRow[] {
  const value = (row: MatrixRow): number | string => {
    if (key.by === "origin") return row.origin;
    if (key.by === "group") return row.group;
    if (key.by === "column") return row.lets[key.column] === true ? 0 : 1;
    const wrongly = row.lets[0] === true ? 0 : row.lets.filter(Boolean).length;
    return wrongly > 0 ? -wrongly : row.lets[0] === true ? 1 : 2;
  };
  const sign = descending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const [a, b] = [value(left), value(right)];
    return a < b ? -sign : a > b ? sign : 0;
  });
}

export interface Filter {
  readonly text: string;
  readonly group: string;
  /** Only what not all of them decide alike. */
  readonly differing: boolean;
}

export function filtered(rows: readonly MatrixRow[], { text, group, differing }: Filter): readonly MatrixRow[] {
  const wanted = text.toLowerCase();
  return rows.filter(
    (row) =>
      (group === "" || row.group === group) &&
      (!differing || row.lets.some((lets) => lets !== row.lets[0])) &&
      `${row.origin} ${row.why}`.toLowerCase().includes(wanted),
  );
}
