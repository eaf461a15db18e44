import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "./program.ts";
import { runSuite } from "./suite.ts";
import { catalogOf, readCatalog, root } from "./workspace.ts";

/** The packages whose libraries have several supported versions: the adapters, and the one that uses Redis. */
const adapters = ["express", "koa", "fastify", "tickets"];
const projects = [...adapters, "eslint-plugin"];

/** The lowest versions that the packages support, in each major. */
export async function runLowest(): Promise<boolean> {
  const oldest = await runWith(
    readCatalog("lowest"),
    adapters.map((name) => `packages/${name}`),
  );
  // The plugin's other tests start programs that have to be built.
  const plugin = ["projects", "rules", "edits"].map((name) => `packages/eslint-plugin/test/${name}`);
  return (await runWith(readCatalog("lowest-next"), ["packages/tickets", "packages/koa", ...plugin])) && oldest;
}

/**
 * Runs the tests with other versions of libraries, in a copy of the workspace, so that the programs that tests start have these versions too.
 *
 * @param versions by the names of the catalog
 * @param files parts of the names of test files; all of them by default
 * @returns whether all tests passed
 */
export async function runWith(
  versions: Readonly<Record<string, string>>,
  files: readonly string[] = [],
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-versions-"));
  try {
    await copyWorkspace(folder);
    const settings = join(folder, "pnpm-workspace.yaml");
    await writeFile(settings, withVersions(await readFile(settings, "utf8"), versions));
    await pnpm(folder, ["install", "--no-frozen-lockfile", "--prefer-offline", "--reporter=append-only"]);
    const name = Object.entries(versions).map(([library, version]) => `${library} ${version}`);
    return await runSuite(name.join(", "), { node: process.execPath, projects, files, folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The files as they are, those that are not committed yet included, without what is ignored. */
async function copyWorkspace(folder: string): Promise<void> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const files = execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  for (const file of files.split("\0").filter((name) => name !== ""))
    await cp(join(root, file), join(folder, file), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      // Deleted, and not committed yet.
      if (error.code !== "ENOENT") throw error;
    });
}

/** Replaces versions in the catalog of a pnpm-workspace.yaml. */
export function withVersions(text: string, versions: Readonly<Record<string, string>>): string {
  const catalog = catalogOf(text);
  let result = text;
  for (const [name, version] of Object.entries(versions)) {
    const current = catalog[name];
    if (current === undefined)
      throw new Error(`Unknown library ${JSON.stringify(name)}. Write a name of the catalog in pnpm-workspace.yaml.`);
    const quoted = name.startsWith("@") ? `"${name}"` : name;
    // The first one is that of the catalog: it comes before the named catalogs.
    result = result.replace(`\n  ${quoted}: ${current}\n`, `\n  ${quoted}: ${version}\n`);
    if (result === text && current !== version) throw new Error(`The version of ${name} cannot be replaced.`);
  }
  return result;
}

/** The pnpm that runs this program, or the one on the path. */
function pnpm(cwd: string, args: readonly string[]): Promise<void> {
  const own = process.env["npm_execpath"];
  return own?.includes("pnpm") === true
    ? mustRun(process.execPath, [own, ...args], { cwd })
    : mustRun("pnpm", args, { cwd });
}
