import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CloseClass, closeClass } from "../src/index.ts";

const table: Readonly<Record<Exclude<CloseClass, "login">, readonly number[]>> = {
  never: [1000, 1002, 1003, 1007, 1008, 1009, 1010, 3003, 4400, 4403, 4404, 4406, 4409, 4426],
  fresh: [4401],
  now: [1001, 1012],
  later: [1005, 1006, 1011, 1013, 1014, 1015, 3000, 3008, 4408, 4429],
};

test("every code that a close event can have", () => {
  const listed = new Map(Object.entries(table).flatMap(([what, codes]) => codes.map((code) => [code, what])));
  for (let code = 1000; code < 5000; code++)
    expect([code, closeClass(code)]).toEqual([code, listed.get(code) ?? "later"]);
});

test.each([
  [4401, "Token expired", "fresh"],
  [4401, "Unauthorized", "fresh"],
  [4401, "Token revoked", "login"],
  [3000, "Token expired", "fresh"],
  [3000, "Token revoked", "login"],
  [3000, "", "later"],
  [1008, "Token revoked", "never"],
  [1011, "Token expired", "later"],
] as const)("%i %j is %s", (code, reason, expected) => {
  expect(closeClass(code, reason)).toBe(expected);
});

test("the README's table is the same", () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  for (const [what, codes] of Object.entries(table)) {
    const row = readme.split("\n").find((line) => line.startsWith(`| \`${what}\``)) ?? "";
    expect([...row.matchAll(/\b\d{4}\b/g)].map(([code]) => Number(code))).toEqual(expect.arrayContaining([...codes]));
  }
});
