import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { about, columns, domainOf, evaluate, explainRow, filtered, sorted } from "../src/page/matrix/evaluate.ts";
import { toCsv, toJson } from "../src/page/matrix/export.ts";
import { peers } from "../src/peers/index.ts";
import { corpusRows } from "../src/server/corpus.ts";
import { type Draft, firstDraft } from "../src/shared/draft.ts";

const production: Draft = {
  ...firstDraft("http://localhost:3001"),
  origins: "https://app.example.com\nhttps://*.example.com",
  hosts: "api.example.com",
};
const corpus = corpusRows();

/** The columns that let something in for a list. */
function whoLetsIn(origin: string | null | readonly string[], origins: string): string[] {
  const { rows } = evaluate({ ...production, origins }, [{ origin, group: "", why: "" }]);
  return columns.filter((_, column) => rows[0]?.lets[column]);
}

describe("who lets what in", () => {
  test.each([
    ["https://app.example.com", "https://app.example.com", columns],
    ["https://app.example.com", "https://evil.test", []],
    ["https://app.example.com", null, ["Phoenix", "Phoenix < 1.6.14", "Spring"]],
    ["https://app.example.com", "null", []],
    ["https://app.example.com", "https://app.example.com.evil.test", ["includes", "regex"]],
    ["https://app.example.com", "https://evil-app.example.com", ["includes", "endsWith"]],
    ["https://app.example.com", "http://app.example.com", ["includes", "endsWith"]],
    ["https://app.example.com", "https://appXexample.com", ["regex"]],
    [
      "https://app.example.com",
      "https://user@app.example.com",
      ["Phoenix", "Phoenix < 1.6.14", "includes", "endsWith"],
    ],
    [
      "https://app.example.com",
      "https://app.example.com/",
      ["Phoenix", "Phoenix < 1.6.14", "Spring", "includes", "regex"],
    ],
    ["https://app.example.com", "HTTPS://APP.EXAMPLE.COM", ["Spring"]],
    ["https://*.example.com", "https://evilexample.com", ["Phoenix < 1.6.14", "regex"]],
    ["https://*.example.com", "https://example.com", ["Phoenix", "Phoenix < 1.6.14"]],
    ["https://*.example.com", "https://evil.test/.example.com", ["Spring", "includes", "endsWith", "regex"]],
    ["https://*.example.com", "https://a.b.example.com", columns.slice(1)],
    ["https://*.example.com:[8080,8081]", "https://a.example.com:8081", ["Spring", "regex"]],
    ["not an origin", "https://not an origin", ["includes", "endsWith", "regex"]],
  ])("%s: %s", (origins, origin, expected) => {
    expect(whoLetsIn(origin, origins)).toEqual(expected);
  });

  test("two lines: the first is taken by frameworks, and Node.js joins them", () => {
    const lines = ["https://app.example.com", "https://evil.test"];
    expect(whoLetsIn(lines, "https://app.example.com")).toEqual([
      "Phoenix",
      "Phoenix < 1.6.14",
      "Spring",
      "includes",
      "regex",
    ]);
    expect(whoLetsIn(lines.toReversed(), "https://app.example.com")).toEqual(["includes", "endsWith", "regex"]);
  });

  test("no list and no Origin makes a model throw", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("https://[", "https://*.a:[*]", "(", "*"),
    );
    const property = fc.property(fc.array(text), fc.option(text), (entries, origin) => {
      for (const peer of peers) expect(peer.compile(entries)(origin)).toBeTypeOf("boolean");
    });
    fc.assert(property);
  });
});

test("what each lets in of the whole corpus", () => {
  const { rows, totals } = evaluate(production, corpus);
  expect(rows).toHaveLength(corpus.length);
  expect(new Set(corpus.map(({ origin }) => JSON.stringify(origin))).size).toBe(corpus.length);
  expect(columns.map((name, index) => `${name}: ${totals[index]?.lets}, wrongly ${totals[index]?.wrongly}`))
    .toMatchInlineSnapshot(`
    [
      "wsorigin: 10, wrongly 0",
      "Phoenix: 48, wrongly 38",
      "Phoenix < 1.6.14: 58, wrongly 48",
      "Spring: 52, wrongly 42",
      "includes: 178, wrongly 168",
      "endsWith: 83, wrongly 73",
      "regex: 160, wrongly 150",
    ]
  `);
  // Corpus rows that wsorigin lets in are plain names below the listed one, and nothing else.
  for (const { sent, lets } of rows.filter(({ lets }) => lets[0]))
    expect([sent, lets[0]]).toEqual([expect.stringMatching(/^https:\/\/[a-z0-9_-]+\.example\.com$/), true]);
});

test("a policy that does not compile lets nobody in", () => {
  const { totals, rows } = evaluate({ ...production, origins: "*" }, corpus);
  expect(totals[0]).toEqual({ lets: 0, wrongly: 0 });
  expect(rows[0]?.code).toBe("no policy");
});

test("the corpus is asked about one's own domain", () => {
  const mine = { ...production, origins: "http://localhost:3001\nhttps://app.shop.example\nhttps://*.shop.example" };
  expect(domainOf(mine)).toBe("shop.example");
  expect(domainOf({ ...production, origins: "http://localhost:1" })).toBe("example.com");
  // Those that read names, and not what looks like them.
  const lets = (draft: Draft, rows = corpus): number[] =>
    evaluate(draft, rows)
      .totals.map(({ lets }) => lets)
      .slice(0, 3);
  const theirs = { ...production, origins: `http://localhost:3001\n${production.origins}` };
  expect(lets(mine, about(domainOf(mine), corpus))).toEqual(lets(theirs));
  expect(about("example.com", corpus)).toBe(corpus);
});

test("rows are sorted by any column, and alike ones keep their order", () => {
  const { rows } = evaluate(production, corpus);
  const byOrigin = sorted(rows, { by: "origin" }, false).map(({ origin }) => origin);
  expect(byOrigin).toEqual(byOrigin.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(sorted(rows, { by: "origin" }, true)[0]?.origin).toBe(byOrigin.at(-1));
  const lets = sorted(rows, { by: "column", column: 3 }, false).map((row) => row.lets[3]);
  expect(lets).toEqual(lets.toSorted((a, b) => Number(b) - Number(a)));
  const [first] = sorted(rows, { by: "difference" }, false);
  expect(first?.lets).toEqual([false, true, true, true, true, true, true]);
  const groups = sorted(rows, { by: "group" }, false).filter(({ group }) => group === "port");
  expect(groups).toEqual(rows.filter(({ group }) => group === "port"));
});

test("rows are filtered by text, by what they try, and by whether they differ", () => {
  const { rows } = evaluate(production, corpus);
  const none = { text: "", group: "", differing: false };
  expect(filtered(rows, none)).toEqual(rows);
  expect(filtered(rows, { ...none, text: "USER:PW@" }).map(({ origin }) => origin)).toContain(
    "https://user:pw@app.example.com",
  );
  expect(new Set(filtered(rows, { ...none, group: "port" }).map(({ group }) => group))).toEqual(new Set(["port"]));
  for (const { lets } of filtered(rows, { ...none, differing: true })) expect(new Set(lets).size).toBe(2);
});

test("a row is explained as the operator would read it", () => {
  const { rows } = evaluate(production, corpus);
  const row = rows.find(({ sent }) => sent === "https://app.example.com.evil.com");
  expect(row && explainRow(production, row)).toContain("origin-not-listed");
});

describe("exports", () => {
  const { rows } = evaluate(production, corpus);

  test("JSON has what was sent, exactly", () => {
    const records = JSON.parse(toJson(rows)) as { origin: unknown; letsIn: Record<string, boolean> }[];
    expect(records.map(({ origin }) => origin)).toEqual(corpus.map(({ origin }) => origin));
    expect(Object.keys(records[0]?.letsIn ?? {})).toEqual(columns);
  });

  test("CSV has a line for each row, quoted as it must be", () => {
    const lines = toCsv(rows).split("\r\n");
    expect(lines).toHaveLength(rows.length + 2);
    expect(lines[0]).toBe("origin,group,why,code,wsorigin,Phoenix,Phoenix < 1.6.14,Spring,includes,endsWith,regex");
    expect(toCsv(rows)).not.toMatch(/[^\r\n\t\x20-\x7e]/);
  });

  test("no cell is a formula", () => {
    const row = { origin: "", sent: "", group: "g", why: "w", lets: columns.map(() => false), code: "c" };
    for (const text of ["=1+1", "+1", "-1", "@a", '="a",b'])
      expect(toCsv([{ ...row, origin: text }]).split("\r\n")[1]).toMatch(/^"?'/);
    expect(toCsv([{ ...row, why: 'says "no", twice' }]).split("\r\n")[1]).toContain('"says ""no"", twice"');
  });
});
