import { access } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What installs the project's packages. */
export interface PackageManager {
  readonly name: "npm" | "pnpm" | "yarn" | "bun";
  readonly install: string;
  readonly run: (script: string) => string;
}

const lockfiles: readonly (readonly [file: string, name: PackageManager["name"]])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

/** The package manager, by the nearest lockfile in the folder or above it; npm without one. */
export async function packageManagerOf(folder: string): Promise<PackageManager> {
  for (let at = folder; ; at = dirname(at)) {
    for (const [file, name] of lockfiles) if (await exists(join(at, file))) return manager(name);
    // Above the repository's root the lockfiles belong to other projects.
    if (dirname(at) === at || (await exists(join(at, ".git")))) return manager("npm");
  }
}

function manager(name: PackageManager["name"]): PackageManager {
  return { name, install: `${name} install`, run: (script) => `${name} run ${script}` };
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
