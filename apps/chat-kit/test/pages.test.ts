import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("no page puts text in as markup", async () => {
  const folder = new URL("../public/", import.meta.url);
  const scripts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".js"));
  expect(scripts).toHaveLength(7);
  for (const name of scripts) {
    const source = await readFile(new URL(name, folder), "utf8");
    expect(source).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  }
});
