import { Linter } from "eslint";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configs } from "../src/index.ts";
import { languages, withTypes } from "./languages.ts";
import { remove, writeCases, type WrittenCase } from "./projects.ts";

const linter = new Linter({ cwd: "/" });
const all: readonly Linter.Config[] = [...languages, configs.all];

let root = "";
let written: readonly WrittenCase[] = [];

beforeAll(async () => {
  ({ root, written } = await writeCases());
});
afterAll(() => remove(root));

/** Every file of the examples that has a finding with a change. Without those with types of Flow, which this version of ESLint has no parser for. */
function* changeable(): Generator<{ readonly filename: string; readonly source: string; readonly what: string }> {
  for (const { what, folder, files, found } of written.filter(({ what }) => what !== "types of Flow"))
    for (const [file, source] of Object.entries(files))
      if (found.some(({ module, change }) => module.file === file && change !== undefined))
        yield { filename: join(folder, file), source, what };
}

/** What is said of a text, with the parser that reads it. */
function lint(source: string, filename: string): readonly Linter.LintMessage[] {
  const messages = linter.verify(source, [...all], { filename });
  return messages.some(({ fatal }) => fatal) ? linter.verify(source, [...all, withTypes], { filename }) : messages;
}

test("--fix leaves nothing that it can fix, and code that parses", () => {
  let fixed = 0;
  for (const { filename, source, what } of changeable()) {
    const before = lint(source, filename).filter(({ fix }) => fix !== undefined);
    const { output, messages } = linter.verifyAndFix(source, [...all], { filename });
    expect(output === source, `in ${what}`).toBe(before.length === 0);
    expect(
      messages.filter(({ fatal, fix }) => fatal === true || fix !== undefined),
      `in ${what}`,
    ).toEqual([]);
    expect(linter.verifyAndFix(output, [...all], { filename }).output, `in ${what}`).toBe(output);
    fixed += before.length;
  }
  expect(fixed).toBeGreaterThan(1);
});

test("a suggestion removes its finding, and its code parses", () => {
  let suggested = 0;
  for (const { filename, source, what } of changeable())
    for (const { ruleId, suggestions = [] } of lint(source, filename))
      for (const { fix } of suggestions) {
        const after = source.slice(0, fix.range[0]) + fix.text + source.slice(fix.range[1]);
        const count = (messages: readonly Linter.LintMessage[]): number =>
          messages.filter((each) => each.ruleId === ruleId).length;
        const messages = lint(after, filename);
        expect(
          messages.filter(({ fatal }) => fatal),
          `in ${what}`,
        ).toEqual([]);
        expect(count(messages), `${what}\n${after}`).toBeLessThan(count(lint(source, filename)));
        suggested += 1;
      }
  expect(suggested).toBeGreaterThan(10);
});
