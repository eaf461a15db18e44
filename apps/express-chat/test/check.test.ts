import { expect, test } from "vitest";
import { check } from "../src/check.ts";
import { start } from "../src/server.ts";
import { table } from "../src/table.ts";

const ports = { chat: 0, hostile: 0 };

test("every row of the check is as expected", async () => {
  const rows = await check((options) => start({ ports, ...options }));
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(rows.length).toBeGreaterThan(25);
});

test("without the guard the check fails, and the hostile page is in", async () => {
  const rows = await check((options) => start({ ports, ...options, open: true }));
  const failed = new Map(rows.filter(({ ok }) => !ok).map(({ name, got }) => [name, got]));
  expect(failed.get("the hostile page (the cookie rides along)")).toBe("101 nobody-asked");
  expect(failed.get("a page of another site")).toBe("101 nobody-asked");
  expect(failed.get("DNS rebinding: Host alone")).toBe("101 nobody-asked");
  expect(failed.get("older listener, evil page")).toBe("101 nobody-asked, reached");
  expect(failed.get("later listener, evil page")).toBe("101 nobody-asked, reached");
});

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
