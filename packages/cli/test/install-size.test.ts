import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The most that an installation may have, in kB. On 28 November 2026 it was 3,500 of our own and 9,500 of 31 dependencies, of which tldts, with the
 * Public Suffix List for the audit, has 3,170. The check of Apache, HAProxy, Caddy, Kubernetes, Traefik and Envoy is 600 of our own, and 820 of
 * yaml and smol-toml; the parsers of Python and Java, for the audit too, have 870 in 5 packages. All are loaded only for such a file. Raise a limit only for
 * what users get in return, and write it here.
 */
const limits = { own: 3700, dependencies: 9900, packages: 32 };

interface Manifest {
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

/** The bytes of a file, or of everything in a folder that is published. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const names = (await readdir(path)).filter((name) => name !== "node_modules" && name !== ".turbo");
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What is published of a package of this repository; of others, which are installed as they were published, all. */
async function publishedSizeOf(folder: string): Promise<number> {
  if (folder.includes("node_modules")) return sizeOf(folder);
  const { files = [] } = await manifestOf(folder);
  const sizes = await Promise.all([...files, "package.json", "README.md"].map((file) => sizeOf(join(folder, file))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The folders of everything that is installed beside a package. */
async function dependenciesOf(folder: string, found: Set<string> = new Set()): Promise<ReadonlySet<string>> {
  const { dependencies = {} } = await manifestOf(folder);
  for (const name of Object.keys(dependencies)) {
    const paths = createRequire(join(folder, "package.json")).resolve.paths(name) ?? [];
    const candidates = await Promise.all(paths.map((path) => realpath(join(path, name)).catch(() => undefined)));
    const installed = candidates.find((candidate) => candidate !== undefined);
    if (installed === undefined) throw new Error(`${name} is not installed, though ${folder} depends on it.`);
    if (found.has(installed)) continue;
    found.add(installed);
    await dependenciesOf(installed, found);
  }
  return found;
}

test("what npx wsorigin downloads does not grow unnoticed", async () => {
  const folders = [...(await dependenciesOf(root))];
  const sizes = await Promise.all(folders.map(publishedSizeOf));
  const measured = {
    own: Math.round((await publishedSizeOf(root)) / 1000),
    dependencies: Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1000),
    packages: folders.length,
  };
  for (const [what, limit] of Object.entries(limits))
    expect(Reflect.get(measured, what), `${what} of ${JSON.stringify(measured)}`).toBeLessThanOrEqual(limit);
});
