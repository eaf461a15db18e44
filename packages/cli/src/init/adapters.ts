import { type Manifest, type Version, versionOf } from "./manifest.ts";

/** The frameworks that have an adapter, with the versions that it supports. */
const adapters = {
  express: {
    title: "Express",
    needs: "Express 4.17.1 or 5.0.1, or a later version of these",
    lowest: [
      [4, 17, 1],
      [5, 0, 1],
    ],
  },
  koa: {
    title: "Koa",
    needs: "Koa 2.13.4 or a later version of 2 or 3",
    lowest: [
      [2, 13, 4],
      [3, 0, 0],
    ],
  },
  fastify: { title: "Fastify", needs: "Fastify 5.8.3 or a later 5.x version", lowest: [[5, 8, 3]] },
} as const;

type Adapter = keyof typeof adapters;

export interface Frameworks {
  /** What the project depends on, for people: `Express 5.1`. */
  readonly names: readonly string[];
  readonly supports: (kind: Adapter | "node") => boolean;
  /** What must be updated before the adapter can be installed. */
  readonly updates: (kind: string) => string | undefined;
}

export async function frameworksOf(folder: string, manifest: Manifest): Promise<Frameworks> {
  const versions = new Map<string, Version>();
  for (const name of [...Object.keys(adapters), "next", "@nestjs/core"]) {
    if (manifest.packages[name] === undefined) continue;
    const version = await versionOf(folder, manifest, name);
    if (version !== undefined) versions.set(name, version);
  }
  const titles = new Map<string, string>([
    ["next", "Next.js"],
    ["@nestjs/core", "NestJS"],
  ]);
  return {
    names: [...versions].map(
      ([name, { major, minor }]) => `${isAdapter(name) ? adapters[name].title : titles.get(name)} ${major}.${minor}`,
    ),
    supports: (kind) => kind === "node" || !isAdapter(kind) || fits(kind, versions.get(kind)) !== "no",
    updates: (kind) => {
      if (!isAdapter(kind) || fits(kind, versions.get(kind)) !== "update") return undefined;
      return `@wsorigin/${kind} needs ${adapters[kind].needs}: update ${kind} within its major version first.`;
    },
  };
}

function isAdapter(name: string): name is Adapter {
  return Object.hasOwn(adapters, name);
}

function fits(kind: Adapter, version: Version | undefined): "yes" | "update" | "no" {
  if (version === undefined) return "yes";
  const { major, minor, patch, fixed } = version;
  const lowest = adapters[kind].lowest.find(([each]) => each === major);
  if (lowest === undefined) return "no";
  if (minor > lowest[1] || (minor === lowest[1] && patch >= lowest[2])) return "yes";
  return fixed ? "no" : "update";
}
