import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { hostCases, originCases } from "../src/index.ts";
import { endpointRows } from "../src/suite/endpoint-rows.ts";

const text = (await readFile(new URL("../README.md", import.meta.url), "utf8")).replaceAll(/\s+/g, " ");

/** How many rows have a name that begins like this. */
const count = (start: string): number => endpointRows.filter(({ name }) => name.startsWith(start)).length;

test.each([
  `runs ${count("")} tests`,
  `${count("look-alike:")} look-alikes`,
  `in ${count("another site:")} disguises`,
  `${originCases.length} Origin and ${hostCases.length} Host values`,
])("the README says: %s", (words) => {
  expect(text.includes(words)).toBe(true);
});
