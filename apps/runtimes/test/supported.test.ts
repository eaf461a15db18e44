import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../src/workspace.ts";
import { lowest, manifests, supportedVersions, versionOf } from "./supported.ts";

/** The lower bound of each alternative of a range such as `^4.22.0 || ^5.1.0`. */
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

test.each(peers)("the lowest %s of %s is tested", (name, range) => {
  const versions = Object.entries(lowest).flatMap(([key, spec]) => (key.replace(/\d+$/, "") === name ? [versionOf(spec)] : []));
  expect(versions.toSorted()).toEqual(lowerBounds(range).toSorted());
});
