// Checks what would be published: packs every public package, lints the tarballs, installs them into an empty project
// outside the workspace, and there imports, requires and type-checks them. Run it through `pnpm check:pack`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const bin = (name) => join(root, "node_modules", ".bin", name);
const windows = process.platform === "win32";

/** Runs a program and returns what it printed; what it said is the error's message when it fails. */
async function run(program, args, cwd) {
  const shell = windows && program !== process.execPath;
  try {
    return (await promisify(execFile)(program, args, { cwd, shell, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}` || error.message;
    throw new Error(`${program} ${args.join(" ")}\n${said}`, { cause: error });
  }
}

const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));

/** Every file below a folder, as a path relative to it with forward slashes. */
async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    );
}

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
  // A program exports nothing.
  if (!isProgram) await run(bin("attw"), [tarball, "--profile", "esm-only"], root);
}

/** The manifest and the files a user gets. */
async function checkContents({ name, folder, isProgram }, installed) {
  const manifest = await readJson(join(installed, "package.json"));
  const files = await filesBelow(installed);
  const has = (file) => assert.ok(files.includes(file.replace(/^\.\//, "")), `${name} lacks ${file}`);
  assert.doesNotMatch(
    JSON.stringify(manifest),
    /"(?:catalog|workspace|link|file):/,
    `${name}: a protocol of the workspace is left`,
  );
  assert.equal(manifest.type, "module");
  assert.equal(manifest.sideEffects, false);
  assert.equal(manifest.license, "MIT");
  if (!isProgram) assert.deepEqual(Object.keys(manifest.exports["."]), ["types", "default"], `${name}: exports`);
  for (const file of [...Object.values(manifest.exports["."] ?? manifest.bin), "LICENSE", "README.md"]) has(file);
  for (const file of files) {
    assert.doesNotMatch(file, /\.tsbuildinfo$|(?:^|\/)test\//, `${name} packs ${file}`);
    const built = /^dist\/(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file);
    if (built)
      assert.ok(
        files.includes(`src/${built[1]}.ts`),
        `${name}: ${file} has no source; delete ${join(folder, "dist")} and build again`,
      );
  }
}

/**
 * The guides: all that the repository has, with links and imports that do not lead out of the tarball. Only README.md may link to another package as `../core`: that
 * is right beside it in node_modules, and npm's page resolves it by the manifest's `repository.directory`.
 */
async function checkDocs({ name, folder }, installed, folders) {
  const files = await filesBelow(installed);
  const docs = join(folder, "docs");
  for (const file of existsSync(docs) ? await filesBelow(docs) : [])
    assert.ok(files.includes(`docs/${file}`), `${name} lacks docs/${file}`);
  const isPacked = (path) => files.some((file) => file === path || file.startsWith(`${path}/`));
  for (const file of files.filter((file) => /^(?:README\.md|docs\/.+\.(?:md|ts))$/.test(file))) {
    const text = (await readFile(join(installed, file), "utf8")).replaceAll(/^```[^]*?^```|`[^`\n]*`/gm, "");
    const links = file.endsWith(".md")
      ? text.matchAll(/\]\((?![a-z]+:|#)([^()\s#]+)/g)
      : text.matchAll(/\bfrom "(\..+?)"/g);
    for (const [, link] of links) {
      const path = posix.join(posix.dirname(file), link);
      const isNeighbour = file === "README.md" && folders.includes(path.replace(/^\.\.\//, ""));
      assert.ok(isPacked(path) || isNeighbour, `${name}: ${file} leads to ${link}, which is not packed`);
    }
  }
}

/** What makes the core run anywhere: it imports nothing at all. */
async function checkCore(installed) {
  const manifest = await readJson(join(installed, "package.json"));
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.deepEqual(Object.keys(manifest[field] ?? {}), [], `@wsorigin/core has ${field}`);
  }
  const built = (await filesBelow(join(installed, "dist"))).filter((file) => /\.(?:js|d\.ts)$/.test(file));
  for (const file of built) {
    const text = await readFile(join(installed, "dist", file), "utf8");
    assert.doesNotMatch(text, /["'`]node:|\brequire\s*\(|<reference/, `@wsorigin/core: ${file}`);
    for (const [, specifier] of text.matchAll(/(?<![."])(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)) {
      assert.match(specifier, /^\.\.?\//, `@wsorigin/core: ${file} imports ${specifier}`);
    }
  }
}

/** Writes the empty project and installs the tarballs into it, with npm, as a user would. */
async function install(packed, project) {
  const { catalog } = await versions();
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const others = Object.fromEntries(
    ["@types/express", "@types/koa", "@types/node", "@types/ws", "express", "fastify", "koa"].map((name) => [
      name,
      catalog[name],
    ]),
  );
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { ...tarballs, ...others },
    overrides: tarballs,
  };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest, null, 2));
  await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], project);
}

/** The catalog of pnpm-workspace.yaml: plain `name: version` lines, so no YAML parser is needed. */
async function versions() {
  const text = await readFile(join(root, "pnpm-workspace.yaml"), "utf8");
  const block = /^catalog:\n((?: .*\n)+)/m.exec(text.replaceAll("\r\n", "\n"))?.[1] ?? "";
  return {
    catalog: Object.fromEntries(
      [...block.matchAll(/^ +"?([^":]+)"?: (.+)$/gm)].map(([, name, version]) => [name, version]),
    ),
  };
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
      assert.deepEqual(Object.keys(require(name)).filter((key) => key !== "__esModule"), imported, name);
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
  console.log(`Packed, linted, installed, imported, required and type-checked: ${names.join(", ")}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
