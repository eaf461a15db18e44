import { Linter } from "eslint";
import { Linter as Linter9 } from "eslint9";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configs } from "../src/index.ts";
import { languages, withFlow, withTypes } from "./languages.ts";
import { remove, told, writeCases, type WrittenCase } from "./projects.ts";

const linter = new Linter({ cwd: "/" });
const linter9 = new Linter9({ cwd: "/" });

let root = "";
let written: readonly WrittenCase[] = [];

beforeAll(async () => {
  ({ root, written } = await writeCases());
});
afterAll(() => remove(root));

/** The audit reads no folder of builds. A linter that is told to lint one does. */
const linted: Readonly<Record<string, readonly string[]>> = { "what is left out": ["plain-socket dist/a.js:1:15"] };

test("ESLint reports what the audit finds, file by file", () => {
  for (const { folder, files, found, what } of written) {
    const reported = Object.entries(files).flatMap(([file, source]) => lint(folder, file, source));
    const expected = [...found.map((each) => told(each)), ...(linted[what] ?? [])];
    expect(reported.toSorted(), `in ${what}`).toEqual(expected.toSorted());
  }
  expect(written.length).toBeGreaterThan(300);
});

function lint(folder: string, file: string, source: string): string[] {
  // ESLint lints nothing in node_modules, and no other language without a plugin.
  if (file.startsWith("node_modules/") || /\.(?:json|py|java)$/.test(file)) return [];
  const filename = join(folder, file);
  const all = [...languages, configs.all];
  const ways = [
    () => linter.verify(source, all, { filename }),
    () => linter.verify(source, [...all, withTypes], { filename }),
    () => linter9.verify(source, [...all, withFlow], { filename }),
  ];
  const messages = ways.reduce<Linter.LintMessage[] | undefined>(
    (found, way) => (found?.some(({ fatal }) => fatal) === false ? found : way()),
    undefined,
  );
  return (messages ?? []).map(
    ({ ruleId, line, column, message }) => `${ruleId?.replace("wsorigin/", "") ?? message} ${file}:${line}:${column}`,
  );
}
