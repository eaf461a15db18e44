import { extensions } from "./parse.ts";

/** How many files are read, and how large they may be. */
export interface Limits {
  /** The largest number of files that are read. */
  readonly files: number;
  /** The largest size of a file that is read, in bytes. */
  readonly size: number;
}

export const limits: Limits = { files: 20_000, size: 1_000_000 };

const leftOut = new Set(
  "node_modules .git dist build coverage .next .nuxt .output .turbo site-packages venv .venv __pycache__".split(" "),
);
const testFolders = new Set(["test", "tests", "__tests__", "__mocks__", "e2e", "cypress"]);
const testFile = /[.-](?:test|spec|e2e-spec|test-d|tst)\.[cm]?[jt]sx?$/i;
const otherTestFile = /^(?:test_.*|.*_test|conftest)\.py$|(?:Test|Tests|IT)\.java$/;
const generated = /\.min\.[cm]?js$|\.d\.[cm]?ts$/i;

/** What a folder holds, by its name: what is installed or built is left out. */
export function folderKind(name: string): "sources" | "tests" | "left out" {
  if (leftOut.has(name)) return "left out";
  return testFolders.has(name) ? "tests" : "sources";
}

/** What a file is, by its name. `others` are the names of sources in other languages than JavaScript. */
export function fileKind(name: string, others?: RegExp): "source" | "test" | "left out" {
  if (!extensions.test(name) && others?.test(name) !== true) return "left out";
  if (testFile.test(name) || otherTestFile.test(name)) return "test";
  return generated.test(name) ? "left out" : "source";
}

/** Whether a path, relative to its package, belongs to tests, is installed or generated. What a linter is told to lint in a folder of builds is not passed over. */
export function isPassedOver(file: string): boolean {
  const names = file.split("/");
  const name = names.pop() ?? "";
  return (
    testFile.test(name) ||
    generated.test(name) ||
    names.includes("node_modules") ||
    names.some((folder) => folderKind(folder) === "tests")
  );
}

/** Long lines and few of them: no source that a person wrote. */
export function isMinified(source: string): boolean {
  return source.length > 20_000 && source.length / source.split("\n").length > 300;
}
