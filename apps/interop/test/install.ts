import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Stack } from "./setups.ts";

export const servers: string = resolve(import.meta.dirname, "../servers");
const cache = resolve(import.meta.dirname, "../../../node_modules/.cache/interop");

/** Where what is installed for a stack is: a virtual environment, a program, a folder with jars. */
export const installed: Readonly<Record<"python" | "go" | "spring", string>> = {
  python: join(cache, "python"),
  go: join(cache, "go"),
  spring: join(cache, "spring"),
};

const execute = promisify(execFile);

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    await execute(program, [...args], { cwd, maxBuffer: 50_000_000, timeout: 600_000 });
  } catch (error) {
    const { stdout = "", stderr = "" } = Object(error);
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`.slice(-5000), { cause: error });
  }
}

/** Installs what the setups of a stack need, unless that was done with the same sources before. */
export async function install(stack: Stack): Promise<void> {
  if (stack === "django" || stack === "fastapi") await once("python", [join(servers, "requirements.txt")], python);
  if (stack === "go") await once("go", await filesOf(join(servers, "go")), go);
  if (stack === "spring") await once("spring", await filesOf(join(servers, "spring")), spring);
}

const running = new Map<string, Promise<void>>();

/** Does `work` once for each content of `sources`, in this process and over all. */
async function once(
  name: keyof typeof installed,
  sources: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const known = running.get(name);
  if (known !== undefined) return known;
  const started = (async () => {
    const hash = createHash("sha256");
    for (const source of sources) hash.update(await readFile(source));
    const done = join(installed[name], ".made-of");
    const digest = hash.digest("hex");
    if (existsSync(done) && (await readFile(done, "utf8")) === digest) return;
    await rm(installed[name], { recursive: true, force: true });
    await mkdir(installed[name], { recursive: true });
    await work(installed[name]);
    await writeFile(done, digest);
  })();
  running.set(name, started);
  return started;
}

async function python(folder: string): Promise<void> {
  await run("python3", ["-m", "venv", folder], servers);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
  await run(join(folder, "bin/python"), [...pip, "-r", "requirements.txt"], servers);
}

async function go(folder: string): Promise<void> {
  await run("go", ["build", "-mod=readonly", "-o", join(folder, "interop"), "."], join(servers, "go"));
}

async function spring(folder: string): Promise<void> {
  // Maven writes beside the sources, which are none of its own.
  const sources = join(folder, "sources");
  await cp(join(servers, "spring"), sources, { recursive: true });
  for (const server of ["tomcat", "jetty"])
    await run("mvn", ["--quiet", "--batch-mode", "-DskipTests", `-P${server}`, `-Dout=${folder}`, "package"], sources);
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}
