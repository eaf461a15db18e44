import { readFileSync } from "node:fs";

/** The version of this package, which all packages of wsorigin share. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String(Reflect.get(Object(manifest), "version"));
}
