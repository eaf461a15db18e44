import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { peers } from "../../peers/index.ts";
import type { CorpusRow } from "../../shared/corpus.ts";
import type { Draft } from "../../shared/draft.ts";
import { Fold } from "../fold.tsx";
import { Mark } from "../mark.tsx";
import {
  about,
  columns,
  domainOf,
  evaluate,
  explainRow,
  type Filter,
  filtered,
  type MatrixRow,
  sorted,
  type SortKey,
} from "./evaluate.ts";
import { toCsv, toJson } from "./export.ts";

interface MatrixProps {
  readonly draft: Draft;
  readonly corpus: readonly CorpusRow[];
}

interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** How many rows are drawn before one asks for all. */
const some = 60;

/** Which of the corpus's origins the policy would let in, and which others would have let in for the same list. */
export function Matrix({ draft, corpus }: MatrixProps): JSX.Element {
  const settled = useSettled(draft);
  const [domain, setDomain] = useState<string>();
  const asked = domain ?? domainOf(settled);
  const matrix = useMemo(() => evaluate(settled, about(asked, corpus)), [settled, asked, corpus]);
  const [order, setOrder] = useState<Order>({ key: { by: "difference" }, descending: false });
  const [filter, setFilter] = useState<Filter>({ text: "", group: "", differing: false });
  const [all, setAll] = useState(false);
  const [chosen, choose] = useState<MatrixRow>();
  const groups = useMemo(() => [...new Set(corpus.map(({ group }) => group))].toSorted(), [corpus]);
  const rows = useMemo(
    () => sorted(filtered(matrix.rows, filter), order.key, order.descending),
    [matrix, filter, order],
  );
  const shown = all ? rows : rows.slice(0, some);
  const detail = matrix.rows.find(({ origin, why }) => origin === chosen?.origin && why === chosen.why);

  return (
    <Fold id="matrix" title="What other rules let in">
      <p class="lead">
        The attack corpus, put to this policy, and the same list read by other rules. The others are models, written
        from their source or from what people write; a red cell is let in there, and refused here.
      </p>
      <div class="matrix-tools">
        <label>
          <span>Search</span>
          <input
            type="search"
            value={filter.text}
            onInput={({ currentTarget }) => setFilter({ ...filter, text: currentTarget.value })}
          />
        </label>
        <label>
          <span>What it tries</span>
          <select
            value={filter.group}
            onChange={({ currentTarget }) => setFilter({ ...filter, group: currentTarget.value })}
          >
            <option value="">everything</option>
            {groups.map((group) => (
              <option key={group}>{group}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Ask about</span>
          <input
            value={asked}
            spellcheck={false}
            onInput={({ currentTarget }) => setDomain(currentTarget.value.trim() || undefined)}
          />
        </label>
        <label class="matrix-check">
          <input
            type="checkbox"
            checked={filter.differing}
            onChange={({ currentTarget }) => setFilter({ ...filter, differing: currentTarget.checked })}
          />
          <span>Only where they differ</span>
        </label>
        <span class="matrix-export">
          <button class="quiet" onClick={() => download("wsorigin-matrix.csv", "text/csv", toCsv(rows))}>
            Export CSV
          </button>
          <button class="quiet" onClick={() => download("wsorigin-matrix.json", "application/json", toJson(rows))}>
            Export JSON
          </button>
        </span>
      </div>
      <div class="matrix-scroll" role="region" aria-label="The matrix" tabIndex={0}>
        <table>
          <caption>
            {rows.length} of {matrix.rows.length} origins
          </caption>
          <thead>
            <tr>
              <Heading order={order} setOrder={setOrder} sort={{ by: "origin" }} label="Origin" />
              <Heading order={order} setOrder={setOrder} sort={{ by: "group" }} label="What it tries" />
              {columns.map((name, column) => (
                <Heading
                  key={name}
                  order={order}
                  setOrder={setOrder}
                  sort={{ by: "column", column }}
                  label={name}
                  about={peers[column - 1]?.about}
                />
              ))}
            </tr>
            <tr class="totals">
              <th scope="row" colSpan={2}>
                let in (of which wsorigin refuses)
              </th>
              {matrix.totals.map(({ lets, wrongly }, column) => (
                <td key={columns[column]} class={wrongly > 0 ? "wrong" : ""}>
                  {lets}
                  {wrongly > 0 && ` (${wrongly})`}
                </td>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={`${row.origin} ${row.why}`} class={row === detail ? "chosen" : ""}>
                <th scope="row">
                  <button
                    class="plain"
                    aria-expanded={row === detail}
                    onClick={() => choose(row === detail ? undefined : row)}
                  >
                    {row.origin === "" ? '""' : row.origin}
                  </button>
                </th>
                <td class="group">{row.group}</td>
                {row.lets.map((lets, column) => (
                  <Cell key={columns[column]} lets={lets} wrong={lets && row.lets[0] !== true} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > some && (
        <p>
          <button class="quiet" onClick={() => setAll(!all)}>
            {all ? `Show the first ${some}` : `Show all ${rows.length}`}
          </button>
        </p>
      )}
      <div class="matrix-detail" aria-live="polite">
        {detail && (
          <>
            <h3>{detail.origin}</h3>
            <p>
              {detail.why} wsorigin: <code>{detail.code}</code>.
            </p>
            <pre>{explainRow(settled, detail)}</pre>
          </>
        )}
      </div>
      <details class="matrix-peers">
        <summary>How the others read a list</summary>
        <dl>
          {peers.map(({ name, about }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{about}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Fold>
  );
}

interface HeadingProps {
  readonly order: Order;
  readonly setOrder: (order: Order) => void;
  readonly sort: SortKey;
  readonly label: string;
  readonly about?: string | undefined;
}

function Heading({ order, setOrder, sort, label, about }: HeadingProps): JSX.Element {
  const mine = JSON.stringify(order.key) === JSON.stringify(sort);
  const next =
    mine && order.descending
      ? { key: { by: "difference" } as const, descending: false }
      : { key: sort, descending: mine };
  return (
    <th scope="col" aria-sort={mine ? (order.descending ? "descending" : "ascending") : "none"}>
      <button class="plain" onClick={() => setOrder(next)} title={about}>
        {label}
        <span aria-hidden="true">{mine ? (order.descending ? " \u2193" : " \u2191") : ""}</span>
      </button>
    </th>
  );
}

function Cell({ lets, wrong }: { readonly lets: boolean; readonly wrong: boolean }): JSX.Element {
  return (
    <td class={wrong ? "wrong" : lets ? "lets" : "refuses"}>
      <Mark kind={wrong ? "wrong" : lets ? "in" : "refused"} />
      <span class="unseen">{wrong ? "let in, though wsorigin refuses" : lets ? "let in" : "refused"}</span>
    </td>
  );
}

/** The draft once the browser has drawn what is typed: the corpus is put to it after that. */
function useSettled(draft: Draft): Draft {
  const [settled, settle] = useState(draft);
  useEffect(() => {
    const frame = requestAnimationFrame(() => settle(draft));
    return () => cancelAnimationFrame(frame);
  }, [draft]);
  return settled;
}

function download(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
