import { expect, test } from "vitest";
import { table } from "../src/check/table.ts";

test("the table marks what failed", () => {
  const rows = [
    { name: "short", expected: "101", got: "101", ok: true },
    { name: "rather longer", expected: "403", got: "101", ok: false },
  ];
  expect(table(rows)).toMatchInlineSnapshot(`
    "name           expected  got
    short          101       101  ok
    rather longer  403       101  NO"
  `);
});
