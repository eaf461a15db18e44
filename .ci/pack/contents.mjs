// What is in the tarballs.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { filesBelow, readJson } from "./tools.mjs";

/** Every path in a part of the manifest. */
function pathsIn(part) {
  return typeof part === "string" ? [part] : Object.values(part).flatMap(pathsIn);
}

/** The manifest and the files a user gets. */
export async function checkContents({ name, folder, isProgram }, installed) {
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
  const { main, types, typesVersions, exports, bin } = manifest;
  const exported = [...pathsIn(exports), ...pathsIn(typesVersions ?? {})];
  const named = isProgram ? [...Object.values(bin), ...exported] : [main, types, ...exported];
  for (const file of [...named, "LICENSE", "README.md"]) has(file);
  // What a program exports is ES modules only: each supported Node.js can require them.
  const entries = Object.entries(exports).filter(([, target]) => typeof target === "object" && !isProgram);
  for (const [entry, conditions] of entries) {
    assert.deepEqual(Object.keys(conditions), ["require", "types", "default"], `${name}: ${entry}`);
    // The order decides: types first, then what gives one process or bundle one copy, and CommonJS for those that know neither.
    const order = ["types", "module-sync", "module", "default"];
    assert.deepEqual(Object.keys(conditions.require), order, `${name}: ${entry}`);
  }
  if (!isProgram) assert.equal((await readJson(join(installed, "dist/cjs/package.json"))).type, "commonjs", name);
  for (const file of files) {
    assert.doesNotMatch(file, /\.tsbuildinfo$|(?:^|\/)test\//, `${name} packs ${file}`);
    const built = /^dist\/(?:cjs\/)?(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file);
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
export async function checkDocs({ name, folder }, installed, folders) {
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
export async function checkCore(installed) {
  const manifest = await readJson(join(installed, "package.json"));
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.deepEqual(Object.keys(manifest[field] ?? {}), [], `@wsorigin/core has ${field}`);
  }
  const built = (await filesBelow(join(installed, "dist"))).filter((file) => /\.(?:js|d\.ts)$/.test(file));
  for (const file of built) {
    const text = await readFile(join(installed, "dist", file), "utf8");
    assert.doesNotMatch(text, /["'`]node:|<reference/, `@wsorigin/core: ${file}`);
    for (const [, specifier] of text.matchAll(/(?<![."])(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']/g)) {
      assert.match(specifier, /^\.\.?\//, `@wsorigin/core: ${file} imports ${specifier}`);
    }
  }
}
