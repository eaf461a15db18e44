// What the steps of check-pack share.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "../..");
/** What the consumers are made of. */
export const sources = join(root, ".ci/consumers");
export const frameworks = ["express", "fastify", "koa"];
export const bin = (name) => join(root, "node_modules", ".bin", name);
const windows = process.platform === "win32";

/** Runs a program and returns what it printed; what it said is the error's message when it fails. */
export async function run(program, args, cwd, env = process.env) {
  const shell = windows && program !== process.execPath;
  try {
    return (await promisify(execFile)(program, args, { cwd, env, shell, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}` || error.message;
    throw new Error(`${program} ${args.join(" ")}\n${said}`, { cause: error });
  }
}

export const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));

/** Every file below a folder, as a path relative to it with forward slashes. */
export async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    );
}

/** The catalog of pnpm-workspace.yaml: plain `name: version` lines, so no YAML parser is needed. */
export async function catalog() {
  const text = await readFile(join(root, "pnpm-workspace.yaml"), "utf8");
  const block = /^catalog:\n((?: .*\n)+)/m.exec(text.replaceAll("\r\n", "\n"))?.[1] ?? "";
  return Object.fromEntries(
    [...block.matchAll(/^ +"?([^":]+)"?: (.+)$/gm)].map(([, name, version]) => [name, version]),
  );
}

/** Runs a compiled or bundled program of a consumer, and compares what its apps answered to a page, a foreign page, a ticket and the same ticket again. */
export async function runApps(file, what) {
  const answers = frameworks.map((name) => `${name} 101 403 101 401\n`).join("");
  assert.equal(await run(process.execPath, [file], dirname(file)), answers, what);
}
