import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const compiler = join(root, "../../node_modules/typescript/bin/tsc");
const flags = ["--removeComments", "--declaration", "false", "--declarationMap", "false", "--sourceMap", "false"];

/** A folder of the package's own, where nobody else looks. */
export async function cacheFolder(name: string): Promise<string> {
  const folder = join(root, "node_modules/.cache", name);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The files as they are published, without comments: name to text. */
export async function build(): Promise<ReadonlyMap<string, string>> {
  const out = await mkdtemp(join(await cacheFolder("built"), "client-"));
  try {
    const args = [compiler, "-p", join(root, "tsconfig.build.json"), ...flags, "--isolatedDeclarations", "false"];
    await promisify(execFile)(process.execPath, [...args, "--outDir", out]);
    const names = await readdir(out);
    const texts = await Promise.all(names.map((name) => readFile(join(out, name), "utf8")));
    return new Map(names.map((name, index) => [name, texts[index] ?? ""]));
  } finally {
    await rm(out, { recursive: true });
  }
}
