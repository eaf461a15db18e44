import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CannotRun } from "../command.ts";

/** How tests of the project are run. */
export type Runner = "vitest" | "jest" | "mocha" | "node";

/** What a project's `package.json` says. */
export interface Manifest {
  /** Its text, as it is. */
  readonly source: string;
  readonly name: string | undefined;
  readonly esm: boolean;
  readonly scripts: Readonly<Record<string, string>>;
  /** Dependencies of every kind, with their ranges. */
  readonly packages: Readonly<Record<string, string>>;
  /** Whether it is the root of a workspace. */
  readonly workspace: boolean;
}

/** @throws {CannotRun} if there is no `package.json`, or it is not one */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, "package.json");
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new CannotRun(
      code === "ENOENT"
        ? "There is no package.json here. Run wsorigin init in the folder of your server's package, or name it: wsorigin init path/to/server."
        : `package.json cannot be read: ${code}.`,
      { cause: error },
    );
  }
  return manifestOf(source);
}

function manifestOf(source: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(source.replace(/^\ufeff/, ""));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotRun(`package.json is not valid JSON: ${reason}. Correct it, and run wsorigin init again.`, {
      cause: error,
    });
  }
  const { name, type, scripts, workspaces, ...rest } = objectOf(value);
  const packages = ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"].map((kind) =>
    textsOf(rest[kind]),
  );
  return {
    source,
    name: typeof name === "string" ? name : undefined,
    esm: type === "module",
    scripts: textsOf(scripts),
    packages: Object.assign({}, ...packages),
    workspace: workspaces !== undefined,
  };
}

export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])),
  );
}

/** The runner that the project's own tests use: what its test script starts, or else what it depends on. */
export function runnerOf({ scripts, packages }: Manifest): Runner | undefined {
  const scripted = Object.entries(scripts)
    .filter(([name]) => /^test\b/.test(name))
    .map(([, script]) => script)
    .join("\n");
  const named = /\b(vitest|jest|mocha)\b/.exec(scripted)?.[1];
  const known = (["vitest", "jest", "mocha"] as const).find((runner) => runner === named);
  if (known !== undefined) return known;
  if (/\bnode\b[^\n]*--test\b/.test(scripted)) return "node";
  return (["vitest", "jest", "mocha"] as const).find((runner) => packages[runner] !== undefined);
}

/** A version of a framework: the one that is installed, or else the lowest that the range admits. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Whether nothing newer of the same major version may be installed. */
  readonly fixed: boolean;
}

export async function versionOf(folder: string, { packages }: Manifest, name: string): Promise<Version | undefined> {
  const range = packages[name] ?? "";
  const path = join(folder, "node_modules", name, "package.json");
  const installed = await readFile(path, "utf8").then(
    (text) => objectOf(JSON.parse(text))["version"],
    () => undefined,
  );
  const match = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(typeof installed === "string" ? installed : range);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return { major, minor, patch, fixed: /^(?:~|=?\s*\d+\.\d+)/.test(range) };
}
