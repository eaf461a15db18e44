import { RuleTester } from "eslint";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { changesFor, type Fixable } from "../../cli/src/audit/changes.ts";
import { rules as audited } from "../../cli/src/audit/rules.ts";
import { configs, rules } from "../src/index.ts";
import { optionsFor } from "./languages.ts";
import { after, remove, writeCases } from "./projects.ts";

const { root, written } = await writeCases();

RuleTester.describe = describe;
RuleTester.it = test;
afterAll(() => remove(root));

/** A file of the audit's examples. */
interface Example {
  readonly name: string;
  readonly filename: string;
  readonly code: string;
  readonly found: readonly Fixable[];
}

// ESLint 10 has no parser for Flow that runs on Node.js 20. The test of all projects reads it with ESLint 9.
const examples: readonly Example[] = written
  .filter(({ what }) => what !== "types of Flow")
  .flatMap(({ what, folder, files, found }) =>
    Object.entries(files)
      .filter(([file]) => !/\.json$|^(?:dist|node_modules)\//.test(file))
      .map(([file, code]) => ({
        name: `${what}, ${file}`,
        filename: join(folder, file),
        code,
        found: found.filter(({ module }) => module.file === file),
      })),
  );

/** Rules are written for few words, and what is right differs in few from what is wrong. */
function wordsOf(code: string): ReadonlySet<string> {
  return new Set(code.match(/[A-Za-z]{3,}/g));
}

/** The right examples that are nearest to those that a rule reports. */
function nearest(wrong: readonly Example[]): readonly Example[] {
  const words = wrong.map(({ code }) => wordsOf(code));
  const shared = ({ code }: Example): number => {
    const own = [...wordsOf(code)];
    return Math.max(...words.map((each) => own.filter((word) => each.has(word)).length / (own.length + each.size)));
  };
  const right = examples.filter(({ found, code }) => found.length === 0 && code !== "");
  return right.toSorted((a, b) => shared(b) - shared(a)).slice(0, 3);
}

function invalid(rule: string, example: Example): RuleTester.InvalidTestCase {
  const own = example.found.filter(({ finding }) => finding.rule.name === rule);
  const fixed = own.filter(({ change }) => change?.safe === true);
  const [change] = changesFor(fixed, () => true).changes;
  return {
    name: example.name,
    filename: example.filename,
    code: example.code,
    languageOptions: optionsFor(example.filename, example.code),
    output: change?.after ?? null,
    errors: own.map((each) => {
      const text = each.change === undefined || each.change.safe === true ? undefined : after(each);
      return {
        messageId: "found",
        line: each.finding.place?.line ?? 0,
        column: each.finding.place?.column ?? 0,
        suggestions: text === undefined ? [] : [{ messageId: "edit", output: text }],
      };
    }),
  };
}

const tester = new RuleTester();
for (const [name, rule] of Object.entries(rules)) {
  const wrong = examples.filter(({ found }) => found.some(({ finding }) => finding.rule.name === name));
  tester.run(name, rule, {
    valid: nearest(wrong).map((each) => ({
      name: each.name,
      filename: each.filename,
      code: each.code,
      languageOptions: optionsFor(each.filename, each.code),
    })),
    invalid: wrong.map((each) => invalid(name, each)),
  });
}

test("every rule of the audit is a rule here, with an example that it reports", () => {
  const names = Object.values(audited).map(({ name }) => name);
  expect(Object.keys(rules).toSorted()).toEqual(names.toSorted());
  const reported = new Set(examples.flatMap(({ found }) => found.map(({ finding }) => finding.rule.name)));
  expect(names.filter((name) => !reported.has(name))).toEqual([]);
});

test("recommended has every rule: errors for failures, warnings for the rest", () => {
  for (const { name, severity } of Object.values(audited)) {
    expect(configs.recommended.rules?.[`wsorigin/${name}`]).toBe(severity === "failure" ? "error" : "warn");
    expect(configs.all.rules?.[`wsorigin/${name}`]).toBe("error");
  }
});

test("a rule says that it has edits exactly if one of its examples has one", () => {
  const said: unknown[] = [];
  const had: unknown[] = [];
  for (const [name, { meta }] of Object.entries(rules)) {
    const edits = examples.flatMap(({ found }) =>
      found.filter((each) => each.finding.rule.name === name && each.change !== undefined && after(each) !== undefined),
    );
    const safe = edits.filter(({ change }) => change?.safe === true);
    said.push([name, meta?.fixable, meta?.hasSuggestions === true]);
    had.push([name, safe.length > 0 ? "code" : undefined, edits.length > safe.length]);
  }
  expect(said).toEqual(had);
});
