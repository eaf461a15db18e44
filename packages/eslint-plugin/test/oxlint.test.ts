import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rules } from "../src/index.ts";
import { remove, told, writeCases, writeFiles, type WrittenCase } from "./projects.ts";

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

/** What Oxlint 1.89 is silent about: it has no parser for types of Flow, and looks for no scripts in HTML. */
function isUnread(what: string, file: string): boolean {
  return what === "types of Flow" || file.endsWith(".html");
}

/** Folders of builds are linted where no ignore file names them. */
const linted: Readonly<Record<string, string>> = { "what is left out": "plain-socket dist/a.js:1:15" };

test("Oxlint reports what ESLint reports", async () => {
  const printed = await oxlint("--format", "json", root);
  const { diagnostics }: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(printed);
  const reported = diagnostics.flatMap(({ code, filename, labels: [label] }) => {
    const rule = /^wsorigin\((.+)\)$/.exec(code ?? "")?.[1];
    return rule === undefined ? [] : [`${rule} ${filename}:${label?.span.line}:${label?.span.column}`];
  });
  const expected = written.flatMap(({ folder, found, what }) => {
    const read = found.filter(({ module }) => !isUnread(what, module.file)).map((each) => told(each));
    const all = linted[what] === undefined ? read : read.concat(linted[what]);
    return all.map((each) => each.replace(" ", ` ${relative(root, folder)}/`));
  });
  expect(reported.toSorted()).toEqual(expected.toSorted());
});

test("Oxlint applies the fixes, and the suggestions where it is told to", async () => {
  const folder = join(root, "edits");
  const check = "import 'ws';\nexport const isAllowed = (origin) => origin.toLowerCase() === 'https://a.example';\n";
  const client = "new WebSocket('ws://api.acme.com/chat');\n";
  await writeFiles(folder, { "package.json": "{}", "check.mjs": check, "client.mjs": client });
  await oxlint("--fix", folder);
  const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
  expect([await read("check.mjs"), await read("client.mjs")]).toEqual([check.replace(".toLowerCase()", ""), client]);
  await oxlint("--fix-suggestions", folder);
  expect(await read("client.mjs")).toBe(client.replace("ws://", "wss://"));
});
