import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as surface from "../src/index.ts";

const root = join(import.meta.dirname, "..");

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "TicketsError",
      "createTickets",
      "memoryStore",
      "redisStore",
    ]
  `);
});

test("what it depends on: the core, and no client of Redis", () => {
  const manifest: { dependencies: object } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(Object.keys(manifest)).not.toContain("peerDependencies");
  expect(Object.keys(manifest.dependencies)).toEqual(["@wsorigin/core"]);
  const sources = readdirSync(join(root, "src")).map((file) => readFileSync(join(root, "src", file), "utf8"));
  const imported = sources.flatMap((source) => [...source.matchAll(/from "([^."][^"]*)"/g)].map(([, name]) => name));
  expect(new Set(imported)).toEqual(new Set(["@wsorigin/core", "node:crypto", "node:util"]));
});
