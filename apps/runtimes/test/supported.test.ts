import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { differences } from "../src/differences.ts";
import { readCatalog, root } from "../src/workspace.ts";
import { lowest, lowestNext, manifests, supportedVersions, versionOf } from "./supported.ts";

/** The lower bound of each alternative of a range such as `^4.17.1 || ^5.0.1`. */
const lowerBounds = (range: string): readonly string[] => range.split("||").map((part) => versionOf(part.trim()));

const peers = [...manifests.values()].flatMap(({ peerDependencies = {} }) => Object.entries(peerDependencies));

test("README.md says which versions are supported: it is written with `-u`", async () => {
  const file = join(root, "README.md");
  const text = (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
  const table = /(?<=^## Supported versions\n\n)\|.*?(?=\n\n)/ms;
  expect(text).toMatch(table);
  await expect(text.replace(table, supportedVersions)).toMatchFileSnapshot(file);
});

test("all packages support the same versions of Node.js", () => {
  expect(new Set(Array.from(manifests.values(), ({ engines }) => engines["node"])).size).toBe(1);
});

// knip knows of versions that packages use, and takes the catalogs of this app for unused.
test("every version of the catalog is used by a package", () => {
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
  );
  const texts = [root, ...folders].map((folder) => readFileSync(join(folder, "package.json"), "utf8"));
  const unused = Object.keys(readCatalog()).filter(
    (name) => !texts.some((text) => text.includes(`"${name}": "catalog:"`)),
  );
  expect(unused).toEqual([]);
});

test.each(peers)("the lowest %s of %s is tested", (name, range) => {
  const versions = [...Object.entries(lowest), ...Object.entries(lowestNext)].flatMap(([key, spec]) =>
    key.replace(/\d+$/, "") === name ? [versionOf(spec)] : [],
  );
  expect(versions.toSorted()).toEqual(lowerBounds(range).toSorted());
});

test.each(["bun", "deno"] as const)("the README of this app says how %s differs", async (kind) => {
  const text = (await readFile(join(root, "apps/runtimes/README.md"), "utf8")).replaceAll(/\s+/g, " ");
  const missing = differences[kind].filter(({ why }) => !text.includes(why.replaceAll(/\s+/g, " ")));
  expect(missing.map(({ why }) => why)).toEqual([]);
});
