// Checks what would be published: packs every public package, lints the tarballs, installs them into an empty project
// outside the workspace, and there imports, requires and type-checks them, and builds the consumers of .ci/consumers. Run it through `pnpm check:pack`.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { checkConsumers, toolsOfConsumers } from "./pack/consumers.mjs";
import { checkLinter } from "./pack/linter.mjs";
import { checkContents, checkCore, checkDocs } from "./pack/contents.mjs";
import { bin, catalog, readJson, root, run } from "./pack/tools.mjs";

async function publicPackages() {
  const folders = (await readdir(join(root, "packages"))).map((name) => join(root, "packages", name));
  const all = await Promise.all(
    folders.map(async (folder) => ({ folder, manifest: await readJson(join(folder, "package.json")) })),
  );
  return all
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({ folder, name: manifest.name, isProgram: manifest.bin !== undefined }));
}

/** `pnpm pack` and not `npm pack`: only pnpm applies publishConfig and replaces `catalog:` and `workspace:`. */
async function pack({ folder, name, isProgram }, target) {
  const pnpm = process.env.npm_execpath;
  const args = ["pack", "--json", "--pack-destination", target];
  const printed = pnpm?.includes("pnpm")
    ? await run(process.execPath, [pnpm, ...args], folder)
    : await run("pnpm", args, folder);
  const { filename } = JSON.parse(printed.slice(printed.indexOf("{")));
  return { name, folder, isProgram, tarball: join(target, filename.split(/[\\/]/).at(-1)) };
}

async function lint({ tarball, isProgram }) {
  await run(bin("publint"), [tarball, "--strict"], root);
  // A program exports ES modules only, on purpose.
  if (!isProgram) await run(bin("attw"), [tarball, "--format", "ascii"], root);
}

/** Writes the empty project and installs the tarballs into it, with npm, as a user would. */
async function install(packed, project) {
  const versions = await catalog();
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const others = Object.fromEntries(
    [
      "@types/express",
      "@types/koa",
      "@types/node",
      "@types/ws",
      "eslint",
      "express",
      "fastify",
      "koa",
      "next",
      "react",
      "react-dom",
      "vitest",
    ].map((name) => [name, versions[name]]),
  );
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { ...tarballs, ...others, ...toolsOfConsumers },
    overrides: tarballs,
  };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest, null, 2));
  await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", "--loglevel=error"],
    project,
  );
}

async function checkImports(names, project) {
  const list = JSON.stringify(names);
  const code = `
    import assert from "node:assert/strict";
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    for (const name of ${list}) {
      const imported = Object.keys(await import(name));
      assert.ok(imported.length > 0, name + " exports nothing");
      const required = require(name);
      assert.deepEqual(Object.keys(required).filter((key) => key !== "__esModule"), imported, name);
      // One copy in the process: what \`require\` got is what \`import\` got.
      for (const [key, value] of Object.entries(await import(name))) assert.equal(required[key], value, name + " " + key);
    }`;
  await run(process.execPath, ["--input-type=module", "--eval", code], project);
  const common = `for (const name of ${list}) if (Object.keys(require(name)).length === 0) throw new Error(name);`;
  await run(process.execPath, ["--input-type=commonjs", "--eval", common], project);
}

/** A program starts, and finds what it reads beside its code. */
async function checkProgram(name, installed) {
  const { bin, version } = await readJson(join(installed, "package.json"));
  const printed = await run(process.execPath, [join(installed, bin[name]), "--version"], installed);
  assert.equal(printed.trim(), version);
  await run(process.execPath, [join(installed, bin[name]), "--list-rules"], installed);
}

/** Type-checks a consumer's file, and every export of the packages named. */
async function checkTypes(project, { names, consumer, skipLibCheck }) {
  await copyFile(join(import.meta.dirname, consumer), join(project, consumer));
  const lines = names.map((name, index) => `import * as all${index} from "${name}";\nexport { all${index} };\n`);
  await writeFile(join(project, "all.ts"), lines.join(""));
  const compilerOptions = {
    module: "NodeNext",
    target: "ES2023",
    strict: true,
    noEmit: true,
    skipLibCheck,
    types: ["node"],
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [consumer, "all.ts"] }));
  await run(bin("tsc"), ["-p", "."], project);
}

const folder = await mkdtemp(join(tmpdir(), "wsorigin-pack-"));
try {
  const packages = await publicPackages();
  const names = packages.filter(({ isProgram }) => !isProgram).map(({ name }) => name);
  const packed = await Promise.all(packages.map((each) => pack(each, folder)));
  await Promise.all([Promise.all(packed.map(lint)), install(packed, folder)]);
  const installed = (name) => join(folder, "node_modules", name);
  const folders = packed.map(({ folder }) => basename(folder));
  for (const each of packed) {
    await checkContents(each, installed(each.name));
    await checkDocs(each, installed(each.name), folders);
  }
  await checkCore(installed("@wsorigin/core"));
  await checkImports(names, folder);
  for (const { name } of packed.filter(({ isProgram }) => isProgram)) await checkProgram(name, installed(name));
  // The declarations of Koa itself do not pass under skipLibCheck: false; everything else has to.
  const koa = "@wsorigin/koa";
  const strict = names.filter((name) => name !== koa);
  await checkTypes(folder, { names: strict, consumer: "consumer.ts", skipLibCheck: false });
  await checkTypes(folder, { names: [koa], consumer: "consumer-koa.ts", skipLibCheck: true });
  await checkLinter(folder);
  await checkConsumers(folder);
  console.log(`Packed, linted, installed, imported, required and type-checked: ${names.join(", ")}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
