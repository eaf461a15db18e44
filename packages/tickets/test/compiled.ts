import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const compiler = join(root, "../../node_modules/typescript/bin/tsc");
const flags = ["--noCheck", "--declaration", "false", "--declarationMap", "false", "--sourceMap", "false"];

/** The packages as processes of their own can load them: compiled from the sources as they are, with one core for all. */
export interface Compiled {
  readonly core: string;
  readonly node: string;
  readonly tickets: string;
  readonly remove: () => Promise<void>;
}

export async function compile(): Promise<Compiled> {
  // Below node_modules, where redis and ioredis are found and nobody else looks.
  const folder = await mkdtemp(join(root, "node_modules", ".compiled-"));
  const modules = join(folder, "node_modules");
  await Promise.all(["core", "node", "tickets"].map((name) => build(name, join(modules, "@wsorigin", name))));
  await link(modules);
  const entry = (name: string): string => join(modules, "@wsorigin", name, "dist/index.js");
  return {
    core: entry("core"),
    node: entry("node"),
    tickets: entry("tickets"),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function build(name: string, out: string): Promise<void> {
  const project = join(root, "..", name, "tsconfig.build.json");
  const args = [compiler, "-p", project, ...flags, "--isolatedDeclarations", "false", "--outDir", join(out, "dist")];
  await promisify(execFile)(process.execPath, args);
  // Only the core has the second entry.
  const exports = { ".": "./dist/index.js", "./gate": "./dist/gate/index.js" };
  const manifest = { name: `@wsorigin/${name}`, type: "module", exports };
  await writeFile(join(out, "package.json"), JSON.stringify(manifest));
}

/** What `@wsorigin/node` needs beside the core. */
async function link(modules: string): Promise<void> {
  const node = join(root, "../node");
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(node, "package.json"), "utf8"),
  );
  const others = Object.keys(manifest.dependencies).filter((name) => !name.startsWith("@wsorigin/"));
  await Promise.all(
    others.map(async (name) => {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(node, "node_modules", name), join(modules, name));
    }),
  );
}
