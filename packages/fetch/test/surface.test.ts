import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import * as surface from "../src/index.ts";

const root = join(import.meta.dirname, "..");

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toEqual(["UpgradeGuardError", "upgradeGuard"]);
});

test("it depends on the core alone, and uses nothing of Node.js", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
  expect(Object.keys(manifest.dependencies)).toEqual(["@wsorigin/core"]);
  for (const file of readdirSync(join(root, "src"))) {
    const text = readFileSync(join(root, "src", file), "utf8");
    for (const [, specifier = ""] of text.matchAll(/\bfrom "([^"]+)"/g))
      expect(specifier).toMatch(/^(?:\.\/[a-z-]+\.ts|@wsorigin\/core(?:\/gate)?)$/);
    expect(text).not.toMatch(/\b(?:Buffer|process|NodeJS|setImmediate)\b/);
  }
});

interface Bundler {
  rolldown(options: { readonly input: string; readonly external: RegExp }): Promise<{
    generate(options: {
      readonly format: "esm";
      readonly minify: true;
    }): Promise<{ readonly output: readonly [{ readonly code: string }] }>;
  }>;
}

test("it takes at most 4 kB beyond the core", async () => {
  // The bundler that Vitest itself runs on.
  const vite = createRequire(createRequire(import.meta.url).resolve("vitest")).resolve("vite");
  const tool = (await import(pathToFileURL(createRequire(vite).resolve("rolldown")).href)) as Bundler;
  const bundle = await tool.rolldown({ input: join(root, "src/index.ts"), external: /^@wsorigin\/core/ });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  expect(output[0].code).toContain("@wsorigin/core/gate");
  expect(brotliCompressSync(output[0].code).length).toBeLessThanOrEqual(4 * 1024);
});

describe("README.md", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  test.each(["bun.js", "deno.js"])("shows docs/%s", (name) => {
    expect(readme).toContain(readFileSync(join(root, "docs", name), "utf8").trimEnd());
  });

  test("names every option", () => {
    const listed = /Valid options: ([^.]+)\./.exec(messageOf({ x: 1 }))?.[1]?.split(", ");
    const [, table = ""] = readme.split("## Options");
    expect(Array.from(table.matchAll(/^\| `(\w+)` /gm), ([, option]) => option)).toEqual(listed);
  });
});

function messageOf(options: object): string {
  try {
    surface.upgradeGuard(options as Parameters<typeof surface.upgradeGuard>[0]);
    return "";
  } catch (error) {
    return String(error);
  }
}
