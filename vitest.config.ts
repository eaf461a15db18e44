import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const folders = ["packages", "apps"]
  .map((parent) => join(import.meta.dirname, parent))
  .filter((parent) => existsSync(parent))
  .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  .filter((folder) => existsSync(join(folder, "test")));

/**
 * Packages whose test files share a process, which saves about a quarter of their processor time: what they import is loaded once. Their files restore
 * whatever they replace. The other packages' files replace clocks, measure the process, or start browsers and other servers.
 */
const shared: ReadonlySet<string> = new Set(["core", "express", "fastify", "koa"]);

export default defineConfig({
  // Packages are tested from their sources, as they are type-checked: nothing has to be built first.
  ssr: { resolve: { conditions: ["@wsorigin/source", "module", "node", "development|production"] } },
  test: {
    projects: folders.map(project),
    // Most tests wait for sockets and browsers, so three files at a time suit two cores.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Of one file's tests that may run at the same time: those that start programs and wait for them.
    maxConcurrency: 16,
    // A test that hangs fails; a machine that is busy with other work is no reason to.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});

/** One project a package, so that `--project core` picks it. The types in `*.test-d.ts` are tested by the compiler: `pnpm typecheck`, which `pnpm test` runs. */
function project(root: string): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: basename(root),
      root,
      isolate: !shared.has(basename(root)),
      // Node would load a second `graphql` for it: the one that Vitest finds is an ES module.
      server: { deps: { inline: ["graphql-ws"] } },
    },
  };
}
