import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rules } from "../src/index.ts";
import { remove, told, writeCases, type WrittenCase } from "./projects.ts";

const plugin = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const program = fileURLToPath(new URL("../node_modules/oxlint/bin/oxlint", import.meta.url));

let root = "";
let written: readonly WrittenCase[] = [];

beforeAll(async () => {
  ({ root, written } = await writeCases());
  const all = Object.fromEntries(Object.keys(rules).map((name) => [`wsorigin/${name}`, "error"]));
  await writeFile(
    join(root, ".oxlintrc.json"),
    JSON.stringify({ jsPlugins: [plugin], categories: { correctness: "off" }, rules: all }),
  );
});
afterAll(() => remove(root));

interface Diagnostic {
  readonly code?: string;
  readonly message: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number; readonly column: number } }[];
}

function oxlint(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    // Its exit code is 1 where something is found.
    execFile(process.execPath, [program, "-c", join(root, ".oxlintrc.json"), ...args], { cwd: root }, (_error, out) =>
      resolve(out),
    );
  });
}

test("Oxlint reports what ESLint reports", async () => {
  const printed = await oxlint("--format", "json", root);
  const { diagnostics }: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(printed);
  const reported = diagnostics.map(({ code, message, filename, labels: [label] }) => {
    const rule = /^wsorigin\((.+)\)$/.exec(code ?? "")?.[1] ?? message;
    return `${rule} ${relative(root, join(root, filename))}:${label?.span.line}:${label?.span.column}`;
  });
  const expected = written.flatMap(({ folder, found }) =>
    found.map((each) => told(each).replace(" ", ` ${relative(root, folder)}/`)),
  );
  expect(reported.toSorted()).toEqual(expected.toSorted());
});
