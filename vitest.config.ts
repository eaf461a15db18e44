import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const folders = ["packages", "apps"]
  .map((parent) => join(import.meta.dirname, parent))
  .filter((parent) => existsSync(parent))
  .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  .filter((folder) => existsSync(join(folder, "test")));

/**
 * Packages whose test files share processes, which saves about a quarter of their processor time: what they import is loaded once. Their files restore
 * what they replace, such as clocks. Files of the other packages start browsers.
 */
const shared: ReadonlySet<string> = new Set([
  "cli",
  "conformance",
  "core",
  "eslint-plugin",
  "express",
  "fastify",
  "jwt",
  "koa",
  "node",
  "testing",
  "tickets",
]);

/** Files that count what is left in their process, and so need one of their own. */
const alone: readonly string[] = ["packages/node/test/closing.test.ts", "packages/node/test/leaks.test.ts"].map(
  (file) => join(import.meta.dirname, file),
);

/** Suites of pages in browsers. `pnpm test:browsers` runs them, in every browser: they would take a quarter of the time of `pnpm test`. */
const pages: readonly string[] = [
  "apps/browsers/test/*.test.ts",
  "apps/lab/test/{browser,chromium}.test.ts",
  "apps/conformance/test/browser.test.ts",
].map((file) => join(import.meta.dirname, file));

/** The other files that start a browser. On another version of Node.js the browser is the same, so `pnpm test:runtimes` leaves them out with `BROWSERS=none`. */
const visited: readonly string[] = [
  "packages/client/test/browser.test.ts",
  "packages/express/test/{dns-rebinding,development-browser}.test.ts",
].map((file) => join(import.meta.dirname, file));

const browsers: string | undefined = process.env["BROWSERS"];

/** Tests with TypeScript's language service take as long as those of a whole package: `pnpm test:types` runs them, as `.ci/run` does. */
const types = join(import.meta.dirname, "apps/conformance/test/types/*.test.ts");

/**
 * Files that take a third of the time of `pnpm test`, and find little that their neighbours do not: they send the corpus to adapters side by side once more,
 * build Next.js, start demos, other linters, proxies and projects, and fuzz. `LONG=1` runs them too, as `pnpm test:runtimes` does, and `LONG=only` nothing
 * else: `pnpm test:long`. `.ci/run` runs them all.
 */
const long: readonly string[] = [
  "apps/chat-kit/test/demo.test.ts",
  "apps/conformance/test/alike.test.ts",
  "apps/conformance/test/comparison/comparison.test.ts",
  "apps/fastify-chat/test/chat.test.ts",
  "apps/fuzz/test/fuzz.test.ts",
  "apps/koa-chat/test/chat.test.ts",
  "packages/cli/test/doctor-node.test.ts",
  "packages/cli/test/init.test.ts",
  "packages/cli/test/proxy-real.test.ts",
  "packages/eslint-plugin/test/fixed-servers.test.ts",
  "packages/eslint-plugin/test/oxlint.test.ts",
  "packages/node/test/guide-nextjs.test.ts",
  "packages/node/test/http2-crash.test.ts",
].map((file) => join(import.meta.dirname, file));

/** Servers of other languages are installed first: `pnpm test:interop` runs their tests, as `.ci/run` does. */
const interop = join(import.meta.dirname, "apps/interop/test/interop.test.ts");

const onlyLong = process.env["LONG"] === "only";

const excluded: readonly string[] = [
  ...configDefaults.exclude,
  // Tests of projects that tests work on.
  "**/fixtures/**",
  ...alone,
  ...(browsers === undefined || browsers === "none" ? pages : []),
  ...(browsers === "none" ? visited : []),
  ...(process.env["TYPES"] === undefined ? [types] : []),
  ...(process.env["LONG"] === undefined ? long : []),
  ...(process.env["INTEROP"] === undefined ? [interop] : []),
];

const everywhere: TestProjectInlineConfiguration["test"] = {
  setupFiles: [join(import.meta.dirname, "packages/testing/test/setup.ts")],
  // Node would load a second `graphql` for it: the one that Vitest finds is an ES module.
  server: { deps: { inline: ["graphql-ws"] } },
};

export default defineConfig({
  // Packages are tested from their sources, as they are type-checked: nothing has to be built first.
  ssr: { resolve: { conditions: ["@wsorigin/source", "module", "node", "development|production"] } },
  test: {
    projects: [
      ...folders.map(project),
      { extends: true, test: { ...everywhere, name: "alone", include: onlyLong ? [] : [...alone] } },
    ],
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
  const isolate = !shared.has(basename(root));
  const only =
    process.env["LONG"] === "only" ? { include: long.filter((file) => file.startsWith(join(root, "/"))) } : {};
  return {
    extends: true,
    test: { ...everywhere, name: basename(root), root, isolate, exclude: [...excluded], ...only },
  };
}
