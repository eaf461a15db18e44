import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const compiler = join(root, "../../node_modules/typescript/bin/tsc");
const flags = ["--noCheck", "--declaration", "false", "--declarationMap", "false", "--sourceMap", "false"];

/** The package as a process of its own can load it: compiled from the sources as they are, beside its dependencies. */
export interface Compiled {
  readonly entry: string;
  readonly remove: () => Promise<void>;
}

export async function compile(): Promise<Compiled> {
  // Below node_modules, where the dependencies are found and nobody else looks.
  const folder = await mkdtemp(join(root, "node_modules", ".compiled-"));
  const core = join(folder, "node_modules/@wsorigin/core");
  await Promise.all([
    build(join(root, "../core"), join(core, "dist")),
    build(root, join(folder, "dist")),
    writePackage(folder, "@wsorigin/node"),
    writePackage(core, "@wsorigin/core"),
  ]);
  return {
    entry: join(folder, "dist/index.js"),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function build(project: string, out: string): Promise<void> {
  const args = [compiler, "-p", join(project, "tsconfig.build.json"), ...flags, "--isolatedDeclarations", "false"];
  await promisify(execFile)(process.execPath, [...args, "--outDir", out]);
}

async function writePackage(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Only the core has the second entry.
  const manifest = { name, type: "module", exports: { ".": "./dist/index.js", "./gate": "./dist/gate/index.js" } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
}
