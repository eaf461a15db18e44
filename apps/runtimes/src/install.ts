import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "./program.ts";
import { readCatalog, root } from "./workspace.ts";

const folder = join(root, "node_modules/.cache/runtimes");

/** Where the package of each kind of runtime has its program. */
const programs = { node: "bin/node", bun: "bin/bun", deno: "deno" } as const;

export interface Runtime {
  /** As the catalog has it: `node-24`. */
  readonly name: string;
  readonly kind: keyof typeof programs;
  readonly version: string;
  readonly program: string;
}

/** The runtimes of the catalog `runtimes`. Those that are not installed yet are installed, outside the workspace. */
export async function runtimes(kinds: readonly Runtime["kind"][]): Promise<readonly Runtime[]> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(
      `The runtimes are packages for Linux on x64, and this is ${process.platform} on ${process.arch}. Run the tests with a runtime of your own: node node_modules/vitest/vitest.mjs run`,
    );
  const all = Object.entries(readCatalog("runtimes")).flatMap(([name, spec]) => runtimeOf(name, spec));
  const chosen = all.filter(({ kind }) => kinds.includes(kind));
  const present = await Promise.all(chosen.map(isInstalled));
  if (present.includes(false)) await install();
  return chosen;
}

function runtimeOf(name: string, spec: string): Runtime {
  const kind = (["node", "bun", "deno"] as const).find((each) => name.startsWith(each));
  if (kind === undefined)
    throw new Error(`Unknown runtime ${JSON.stringify(name)} in the catalog. Valid: node, bun, deno.`);
  const version = spec.slice(spec.lastIndexOf("@") + 1);
  return { name, kind, version, program: join(folder, "node_modules", name, programs[kind]) };
}

async function isInstalled({ name, version, program }: Runtime): Promise<boolean> {
  const text = await readFile(join(folder, "node_modules", name, "package.json"), "utf8").catch(() => "{}");
  return JSON.parse(text).version === version && existsSync(program);
}

async function install(): Promise<void> {
  console.log("Installing the runtimes into node_modules/.cache/runtimes");
  await mkdir(folder, { recursive: true });
  const manifest = { name: "runtimes", private: true, dependencies: readCatalog("runtimes") };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  await mustRun("npm", ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"], {
    cwd: folder,
  });
}
