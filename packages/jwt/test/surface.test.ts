import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as surface from "../src/index.ts";

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "JwtVerifierError",
      "createJwtVerifier",
    ]
  `);
});

test("what it depends on", () => {
  const manifest: { dependencies: object } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  expect(Object.keys(manifest.dependencies).toSorted()).toEqual(["@wsorigin/core", "jose"]);
});

test("what it imports", () => {
  const folder = new URL("../src/", import.meta.url);
  const text = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const names = [...text.join("").matchAll(/from "([^".]+)"/g)].map(([, name = ""]) => name);
  expect([...new Set<string>(names)].toSorted()).toEqual([
    "@wsorigin/core",
    "jose",
    "node:crypto",
    "node:net",
    "node:util",
  ]);
});
