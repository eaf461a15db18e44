import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../src");
const check = join(src, "check");
const kernel = readdirSync(check, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

interface Bundler {
  rolldown(options: { readonly input: string; readonly plugins: readonly object[] }): Promise<{
    generate(options: {
      readonly format: "esm";
      readonly minify: true;
    }): Promise<{ readonly output: readonly [{ readonly code: string }] }>;
  }>;
}

/** The bundler that Vitest itself runs on: the core has no dependency, not even for its tests. */
async function bundler(): Promise<Bundler> {
  const vitest = createRequire(import.meta.url).resolve("vitest");
  const vite = createRequire(vitest).resolve("vite");
  return (await import(pathToFileURL(createRequire(vite).resolve("rolldown")).href)) as Bundler;
}

/** The bytes of a module that holds these lines and all that it imports: bundled, minified, compressed with Brotli. */
async function bytesOf(lines: readonly string[]): Promise<number> {
  const tool = await bundler();
  const entry = "\0entry.js";
  const plugin = {
    name: "entry",
    resolveId: (id: string) => (id === entry ? id : undefined),
    load: (id: string) => (id === entry ? lines.join("\n") : undefined),
  };
  const bundle = await tool.rolldown({ input: entry, plugins: [plugin] });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  return brotliCompressSync(output[0].code).length;
}

test("the kernel has at most 450 lines of code, without blank lines and comments", () => {
  const lines = kernel.flatMap((file) => readFileSync(join(check, file), "utf8").split("\n"));
  const code = lines.map((line) => line.trim()).filter((line) => line !== "" && !/^(?:\/\/|\/\*|\*)/.test(line));
  expect(code.length).toBeLessThanOrEqual(450);
  expect(code.length).toBeGreaterThan(200);
});

test("the kernel imports nothing outside itself", () => {
  for (const file of kernel) {
    const text = readFileSync(join(check, file), "utf8");
    for (const [, specifier = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g))
      expect(kernel, `${file} imports ${specifier}`).toContain(relative(check, join(check, file, "..", specifier)));
  }
});

test("the kernel takes at most 3 kB", async () => {
  const all = kernel.map((file) => `export * from ${JSON.stringify(join(check, file))};`);
  expect(await bytesOf(all)).toBeLessThanOrEqual(3 * 1024);
});

test("createPolicy() takes at most 11 kB", async () => {
  const entry = [`export { createPolicy } from ${JSON.stringify(join(src, "index.ts"))};`];
  expect(await bytesOf(entry)).toBeLessThanOrEqual(11 * 1024);
});
