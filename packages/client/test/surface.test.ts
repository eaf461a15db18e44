import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import * as surface from "../src/index.ts";
import { build } from "./built.ts";

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toEqual(["closeClass", "connect", "socketUrl", "whyRefused"]);
});

test("as published: no dependency, nothing of Node.js, less than 2 kB", async () => {
  const manifest: object = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  expect(Object.keys(manifest)).not.toContain("dependencies");
  expect(Object.keys(manifest)).not.toContain("peerDependencies");

  const files = await build();
  const all = [...files.values()].join("\n");
  for (const [, name] of all.matchAll(/^(?:import|export) .* from "([^"]+)"/gm))
    expect([...files.keys()]).toContain(name?.replace("./", ""));
  expect(all).not.toMatch(/\b(Buffer|process|require|global)\b/);

  // One file, as a bundler makes it. Names keep their length, so a minifier makes less of it.
  const lines = [...files].filter(([name]) => name !== "index.js").flatMap(([, text]) => text.split("\n"));
  const bundled = lines
    .filter((line) => !/^(import|export \{)/.test(line))
    .map((line) => line.trim().replace(/^export /, ""))
    .join("\n");
  expect(bundled).toContain("function connect(");
  expect(brotliCompressSync(bundled).length).toBeLessThan(2048);
}, 30_000);
