import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableOf } from "../../conformance/test/peers/table.ts";
import { readCatalog, root } from "../src/workspace.ts";

/** The part of a package.json that says with what a package works. */
export interface Manifest {
  readonly name: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const manifests: ReadonlyMap<string, Manifest> = new Map(
  readdirSync(join(root, "packages")).map((folder) => [
    folder,
    JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")) as Manifest,
  ]),
);

const catalog = readCatalog();
export const lowest: Readonly<Record<string, string>> = readCatalog("lowest");
export const lowestNext: Readonly<Record<string, string>> = readCatalog("lowest-next");
const runtimes = readCatalog("runtimes");

/** `npm:express@4.22.0` and `^8.23.0` as `4.22.0` and `8.23.0`. */
export const versionOf = (spec = ""): string => spec.slice(spec.lastIndexOf("@") + 1).replace(/^\^/, "");

/** The versions of a library that are tested, in order. The second name is that of an older major. */
function tested(...names: readonly string[]): string {
  const specs = names.flatMap((name) => [lowest[name], lowestNext[name], catalog[name]]);
  const versions = new Set(specs.filter((spec) => spec !== undefined).map(versionOf));
  return [...versions].toSorted((one, other) => one.localeCompare(other, "en", { numeric: true })).join(", ");
}

function onRuntime(kind: string): string {
  const versions = Object.entries(runtimes).flatMap(([name, spec]) => (name.startsWith(kind) ? [versionOf(spec)] : []));
  return versions.toSorted((one, other) => one.localeCompare(other, "en", { numeric: true })).join(", ");
}

/** In a table, a bar would end the cell. */
const code = (text = ""): string => `\`${text.replaceAll("|", "\\|")}\``;
const peer = (folder: string, name: string): string => code(manifests.get(folder)?.peerDependencies?.[name]);

/** The majors of a client of Redis that are tested, each from its lowest version on. */
function majors(name: string): string {
  const last = versionOf(catalog[name]).split(".", 1)[0];
  return code([lowest[name], lowestNext[name], `${last}.0.0`].map((spec) => `^${versionOf(spec)}`).join(" || "));
}

/** The table of the README. */
export function supportedVersions(): string {
  return tableOf(
    ["", "supported", "tested"],
    [
      ["Node.js", code(manifests.get("core")?.engines["node"]), onRuntime("node")],
      ["Bun", "[adapters](apps/runtimes#bun-and-deno)", onRuntime("bun")],
      ["Deno", "[adapters](apps/runtimes#bun-and-deno)", onRuntime("deno")],
      ["Express", peer("express", "express"), tested("express4", "express")],
      ["Fastify", peer("fastify", "fastify"), tested("fastify")],
      ["Koa", peer("koa", "koa"), tested("koa")],
      ["`ws`", code(catalog["ws"]), tested("ws")],
      ["Socket.IO", code(`^${catalog["socket.io"]}`), tested("socket.io")],
      ["`redis`", majors("redis"), tested("redis")],
      ["`ioredis`", majors("ioredis"), tested("ioredis")],
    ],
  ).join("\n");
}
