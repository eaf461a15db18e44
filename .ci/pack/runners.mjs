// Consumers whose tests start the apps.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./tools.mjs";

/** The line that the README of @wsorigin/jwt asks for: jose has ES modules only. */
export const untransformed = ["/node_modules/(?!jose/)"];

export async function checkJest(project) {
  const folder = join(project, "cjs");
  const presets = [["@babel/preset-env", { targets: { node: "20" } }], "@babel/preset-typescript"];
  const tsconfig = {
    module: "commonjs",
    target: "es2022",
    esModuleInterop: true,
    skipLibCheck: true,
    types: ["node", "jest"],
    allowJs: true,
  };
  const transforms = {
    babel: ["babel-jest", { presets, configFile: false, babelrc: false }],
    "ts-jest": ["ts-jest", { tsconfig, diagnostics: { warnOnly: false } }],
  };
  const base = { rootDir: folder, testEnvironment: "node", moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" } };
  const projects = Object.entries(transforms).flatMap(([name, transform]) => [
    { ...base, displayName: name, testMatch: ["<rootDir>/src/guarded.test.ts"], transform: { "\\.ts$": transform } },
    {
      ...base,
      displayName: `${name}, jwt`,
      testMatch: ["<rootDir>/src/jwt.test.ts"],
      transform: { "\\.[jt]s$": transform },
      transformIgnorePatterns: untransformed,
    },
  ]);
  await writeFile(join(folder, "jest.config.json"), JSON.stringify({ projects }));
  const jest = join(project, "node_modules/jest/bin/jest.js");
  const printed = await run(process.execPath, [jest, "-c", "jest.config.json", "--json", "--no-cache"], folder);
  const { numPassedTests, numTotalTests } = JSON.parse(printed);
  assert.deepEqual([numPassedTests, numTotalTests], [8, 8], "Jest");
}

export async function checkVitest(project) {
  const folder = join(project, "esm");
  await writeFile(
    join(folder, "vitest.config.js"),
    "export default { test: { globals: true, include: ['src/*.test.ts'] } };\n",
  );
  const vitest = join(project, "node_modules/vitest/vitest.mjs");
  const printed = await run(process.execPath, [vitest, "run", "--reporter=json"], folder);
  const { numPassedTests, numTotalTests } = JSON.parse(printed.slice(printed.indexOf("{")));
  assert.deepEqual([numPassedTests, numTotalTests], [4, 4], "Vitest");
}
