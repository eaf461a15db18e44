import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import type { Module } from "../source/module.ts";
import { parseFile } from "../source/parse.ts";
import { Project } from "../source/project.ts";
import { walk, type Walked } from "../source/walk.ts";
import type { Hint } from "./dev-server.ts";
import { exists } from "./package-manager.ts";

/** The sources of a project. */
export interface Sources {
  readonly walked: Walked;
  readonly project: Project;
  /** Those of the package itself, without packages in folders below it. */
  readonly own: readonly Module[];
  /** Files that could not be read or parsed, with the reason. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
  /** Where development servers are configured. */
  readonly hints: readonly Hint[];
}

export async function readSources(folder: string, signal: AbortSignal): Promise<Sources> {
  const walked = await walk(folder, signal);
  signal.throwIfAborted();
  const modules: Module[] = [];
  const failed: { file: string; reason: string }[] = [...walked.skipped];
  for (const { file, source } of walked.files) {
    signal.throwIfAborted();
    const parsed = parseFile(file, source);
    if ("modules" in parsed) modules.push(...parsed.modules);
    else failed.push({ file, reason: parsed.reason });
  }
  const project = new Project(walked.files, modules, walked.packages);
  const own = modules.filter(({ file }) => project.unit(file) === "" && /\.[cm]?[jt]sx?$/.test(file));
  return { walked, project, own, failed, hints: await hintsOf(folder, walked, modules) };
}

const configuration = /(?:^|\/)(?:vite\.config|vue\.config|webpack\.(?:[\w-]+\.)?config)\.[cm]?[jt]s$/;

async function hintsOf(folder: string, walked: Walked, modules: readonly Module[]): Promise<Hint[]> {
  const hints: Hint[] = walked.files
    .filter(({ file }) => configuration.test(file))
    .map(({ file, source }) => ({ file, source, modules: modules.filter((module) => module.file === file) }));
  for (const unit of walked.packages)
    for (const name of ["package.json", "angular.json"]) hints.push(...(await hint(folder, posix.join(unit, name))));
  return [...hints, ...(await neighbours(folder))];
}

/** The front end is often the folder beside the server's, in the same repository. */
async function neighbours(folder: string): Promise<Hint[]> {
  const parent = dirname(folder);
  const together = await Promise.all(
    ["package.json", "pnpm-workspace.yaml", ".git"].map((name) => exists(join(parent, name))),
  );
  const above = await exists(join(dirname(parent), "pnpm-workspace.yaml"));
  if (!above && !together.includes(true)) return [];
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const hints: Hint[] = [];
  for (const entry of entries.slice(0, 100)) {
    if (!entry.isDirectory() || entry.name === basename(folder) || entry.name === "node_modules") continue;
    const names = await readdir(join(parent, entry.name)).catch(() => []);
    for (const name of names.filter((each) => configuration.test(each) || /^(?:package|angular)\.json$/.test(each)))
      hints.push(...(await hint(folder, `../${entry.name}/${name}`)));
  }
  return hints;
}

async function hint(folder: string, file: string): Promise<Hint[]> {
  const source = await readFile(join(folder, file), "utf8").catch(() => undefined);
  if (source === undefined) return [];
  const parsed = file.endsWith(".json") ? undefined : parseFile(file, source);
  return [{ file, source, modules: parsed !== undefined && "modules" in parsed ? parsed.modules : [] }];
}
