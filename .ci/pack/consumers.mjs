// Consumers of the packed tarballs: the sources in .ci/consumers, compiled, bundled and tested by what users build with. Every one of them really starts the
// three apps, and compares what a page, a foreign page and a ticket get.
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkBundlers } from "./bundlers.mjs";
import { checkCompilers, compilers, resolutions } from "./compilers.mjs";
import { checkNext } from "./next.mjs";
import { checkJest, checkVitest, untransformed } from "./runners.mjs";
import { root, sources } from "./tools.mjs";

/** Beside what the catalog has. One compiler for each major of TypeScript, and the oldest. */
export const toolsOfConsumers = {
  "@babel/core": "7.29.13",
  "@babel/preset-env": "7.29.14",
  "@babel/preset-typescript": "7.29.7",
  "@types/jest": "30.0.0",
  esbuild: "0.28.2",
  jest: "30.5.2",
  "ts-jest": "29.4.15",
  typescript: "6.0.3",
  "typescript5.0": "npm:typescript@5.0.4",
  "typescript5.4": "npm:typescript@5.4.5",
  typescript7: "npm:typescript@7.0.2",
  webpack: "5.113.0",
};

export async function checkConsumers(project, only) {
  for (const [format, type] of [
    ["cjs", "commonjs"],
    ["esm", "module"],
  ]) {
    await cp(join(sources, "src"), join(project, format, "src"), { recursive: true });
    await writeFile(join(project, format, "package.json"), JSON.stringify({ private: true, type }));
  }
  await checkStatements();
  const kinds = {
    compilers: checkCompilers,
    bundlers: checkBundlers,
    jest: checkJest,
    vitest: checkVitest,
    next: checkNext,
  };
  for (const [kind, check] of Object.entries(kinds).filter(([kind]) => only === undefined || only === kind)) {
    const started = performance.now();
    await check(project);
    console.log(`Consumers: ${kind} (${Math.round((performance.now() - started) / 1000)} s)`);
  }
}

/** What the READMEs say is tested is what follows here. */
async function checkStatements() {
  const read = (name) => readFile(join(root, "packages", name, "README.md"), "utf8");
  const [core, jwt] = await Promise.all(["core", "jwt"].map(read));
  const rows = core.split("\n").filter((line) => line.startsWith("| TypeScript with "));
  const versions = Object.keys(compilers)
    .toSorted((a, b) => Number(a) - Number(b))
    .join(", ")
    .replace(/, (?=\d+$)/, " and ");
  assert.equal(rows.length, Object.keys(resolutions).length, "packages/core/README.md: the rows of TypeScript");
  for (const [index, ways] of Object.values(resolutions).entries()) {
    assert.ok(rows[index].includes(`${versions};`), `packages/core/README.md does not say ${versions}`);
    for (const way of Object.keys(ways))
      assert.ok(rows[index].includes(`\`${way}\``), `packages/core/README.md does not say ${way}`);
  }
  assert.ok(jwt.includes(`transformIgnorePatterns: ${JSON.stringify(untransformed)}`), "packages/jwt/README.md: Jest");
}
