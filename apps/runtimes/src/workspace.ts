import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The root of the repository. */
export const root: string = resolve(import.meta.dirname, "../../..");

/** The versions of a catalog in a pnpm-workspace.yaml; of the one without a name by default. Plain `name: version` lines, so no YAML parser is needed. */
export function catalogOf(text: string, name?: string): Readonly<Record<string, string>> {
  const start = name === undefined ? /^catalog:\n/m : new RegExp(`^ {2}${name}:\\n`, "m");
  const indent = name === undefined ? 2 : 4;
  const found = start.exec(text.replaceAll("\r\n", "\n"));
  if (found === null) throw new Error(`pnpm-workspace.yaml has no catalog ${JSON.stringify(name ?? "")}.`);
  const versions: Record<string, string> = {};
  for (const line of text
    .replaceAll("\r\n", "\n")
    .slice(found.index + found[0].length)
    .split("\n")) {
    if (/^ *#/.test(line)) continue;
    const [, spaces = "", key = "", version = ""] = /^( +)"?([^"#:]+)"?: (\S.*)$/.exec(line) ?? [];
    if (spaces.length !== indent) break;
    versions[key] = version;
  }
  return versions;
}

/** A catalog of this repository. */
export function readCatalog(name?: string): Readonly<Record<string, string>> {
  return catalogOf(readFileSync(resolve(root, "pnpm-workspace.yaml"), "utf8"), name);
}
