import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { Editor } from "./editor.ts";

const root = resolve(import.meta.dirname, "../../../..");

/** What a part of a program uses of the rest: an earlier part of the page, or the reader's own code. */
const others = "apps/conformance/test/types/readers-own.d.ts";
const ofReader =
  "app cors form guard label problem refuse request requireLogin sessions show showLogin start text tickets upgrade user";
const declarations = [
  ...ofReader.split(" ").map((name) => `${name}: any`),
  'assert: typeof import("node:assert/strict")',
  'createPolicy: typeof import("@wsorigin/core").createPolicy',
  "describe: (name: string, suite: () => void) => void",
  'describeAdapter: typeof import("@wsorigin/testing").describeAdapter',
  'policy: import("@wsorigin/core").Policy<any>',
  "port: number",
  'server: import("node:http").Server',
  "test: ((name: string, run: () => void) => void) & { readonly concurrent: any }",
  'webSocketServer: import("ws").WebSocketServer',
  'wsorigin: typeof import("@wsorigin/fastify").wsorigin',
];

/** Blocks of READMEs as files in the folder of their package, so that imports are found as the package's users find them. */
const packages = ["client", "core", "express", "fastify", "jwt", "koa", "node", "testing", "tickets"];
const readmes = [
  ["README.md", "apps/conformance"],
  ...packages.map((name) => [
    `packages/${name}/README.md`,
    name === "testing" ? "apps/conformance" : `packages/${name}`,
  ]),
] as const;

const blocks = readmes.flatMap(([readme = "", folder = ""]) =>
  // A block with "..." is not a program.
  Array.from(
    readFileSync(join(root, readme), "utf8").matchAll(/^```(js|ts)\r?\n(.*?)^```$/gms),
    ([, language, code = ""], index) => ({
      name: `${readme}, block ${index + 1}: ${code.split("\n", 1)[0]}`,
      path: `${folder}/test/in-the-readme-of-${readme.replaceAll(/\W/g, "-")}-${index + 1}.${language}`,
      code,
    }),
  ).filter(({ code }) => !/\{ \.\.\. \}/.test(code)),
);

const editor = new Editor({
  [others]: declarations.map((text) => `declare const ${text};`).join("\n"),
  ...Object.fromEntries(blocks.map(({ path, code }) => [path, `${code}\nexport {};\n`])),
});

/** A parameter gets its type from a name that a part of a program may not have, and a module of the reader's is not there. */
const fromElsewhere = /implicitly has an 'any(?:\[\])?' type|^Cannot find module '\.\.\/src/;

test.each(blocks)("compiles: $name", ({ path, code }) => {
  const lines = code.split("\n");
  const errors = editor.errors(path).filter(({ message }) => !fromElsewhere.test(message));
  expect(errors.map(({ line, message }) => `${message}\n    ${lines[line]}`)).toEqual([]);
});
