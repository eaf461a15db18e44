import { isTrue, optionOf } from "../source/calls.ts";
import type { Module } from "../source/module.ts";
import { isA, type Node, nameOf } from "../source/nodes.ts";
import { objectOf } from "./manifest.ts";

/** A server of pages that runs while the front end is developed. */
export interface DevServer {
  /** What it is called. */
  readonly name: string;
  readonly origin: string;
  /** The file that says so. */
  readonly file: string;
}

/** A file that says which development server runs: a configuration, or a `package.json`. */
export interface Hint {
  readonly file: string;
  readonly source: string;
  readonly modules: readonly Module[];
}

interface Kind {
  readonly name: string;
  /** The package that a `package.json` names. */
  readonly package: string;
  readonly port: number;
  /** The commands that start it. */
  readonly command: RegExp;
  /** Its configuration. */
  readonly config?: RegExp;
  /** The property of the configuration that has `port`. */
  readonly section?: string;
}

const kinds: readonly Kind[] = [
  {
    name: "Vite",
    package: "vite",
    port: 5173,
    command: /\bvite(?:\s+dev)?\b(?!\s+(?:build|preview))/,
    config: /(?:^|\/)vite\.config\.[cm]?[jt]s$/,
    section: "server",
  },
  { name: "Create React App", package: "react-scripts", port: 3000, command: /\breact-scripts\s+start\b/ },
  { name: "Angular", package: "@angular/cli", port: 4200, command: /\bng\s+serve\b/ },
  {
    name: "webpack-dev-server",
    package: "webpack-dev-server",
    port: 8080,
    command: /\bwebpack(?:-dev-server|\s+serve)\b/,
    config: /(?:^|\/)webpack\.(?:[\w-]+\.)?config\.[cm]?[jt]s$/,
    section: "devServer",
  },
  {
    name: "Vue CLI",
    package: "@vue/cli-service",
    port: 8080,
    command: /\bvue-cli-service\s+serve\b/,
    config: /(?:^|\/)vue\.config\.[cm]?[jt]s$/,
    section: "devServer",
  },
  { name: "Next.js", package: "next", port: 3000, command: /\bnext\s+dev\b/ },
  { name: "Nuxt", package: "nuxt", port: 3000, command: /\bnuxt\s+dev\b/ },
  { name: "Astro", package: "astro", port: 4321, command: /\bastro\s+dev\b/ },
  { name: "Parcel", package: "parcel", port: 1234, command: /\bparcel\b(?!\s+build)/ },
];

/** The development servers of the project's pages. */
export function devServersOf(hints: readonly Hint[]): readonly DevServer[] {
  const found = new Map<string, DevServer>();
  const folders = new Set<string>();
  const add = (server: DevServer): void => {
    folders.add(`${server.name} ${folderOf(server.file)}`);
    if (!found.has(server.origin)) found.set(server.origin, server);
  };
  for (const hint of hints)
    for (const kind of kinds) if (kind.config?.test(hint.file) === true) add(configured(kind, hint, hints));
  for (const hint of hints) {
    if (!/(?:^|\/)(?:package|angular)\.json$/.test(hint.file)) continue;
    for (const kind of kinds) {
      const server = hint.file.endsWith("angular.json") ? angular(kind, hint) : scripted(kind, hint);
      if (server !== undefined && !folders.has(`${kind.name} ${folderOf(hint.file)}`)) add(server);
    }
  }
  return [...found.values()];
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function configured(kind: Kind, { file, modules }: Hint, hints: readonly Hint[]): DevServer {
  const manifest = hints.find((each) => each.file === `${folderOf(file)}package.json`);
  const flag = manifest === undefined ? undefined : portIn(scriptsOf(manifest.source), kind);
  let port = flag;
  let secure = false;
  for (const module of modules)
    for (const node of module.nodes) {
      if (!isA(node, "ObjectProperty") || nameOf(node.key) !== kind.section) continue;
      const section = module.objectOf(node.value);
      if (section === undefined) continue;
      const value = optionOf(section, "port", module);
      port ??= numberOf(value, module);
      const https = optionOf(section, "https", module);
      secure ||= https !== undefined && (isTrue(https, module) || module.objectOf(https) !== undefined);
    }
  return { name: kind.name, file, origin: `${secure ? "https" : "http"}://localhost:${port ?? kind.port}` };
}

function scripted(kind: Kind, { file, source }: Hint): DevServer | undefined {
  const value = parsed(source);
  const scripts = scriptsOf(source);
  const listed = ["dependencies", "devDependencies"].some((each) => kind.package in objectOf(value[each]));
  // Next is also a server's own library; what starts it tells the two apart.
  const starts = scripts.some((script) => kind.command.test(script));
  if (!starts && !(listed && kind.package === "vite")) return undefined;
  return { name: kind.name, file, origin: `http://localhost:${portIn(scripts, kind) ?? kind.port}` };
}

function angular(kind: Kind, { file, source }: Hint): DevServer | undefined {
  if (kind.package !== "@angular/cli") return undefined;
  const projects = Object.values(objectOf(parsed(source)["projects"]));
  const ports = projects.flatMap((project) => {
    const { serve } = objectOf(objectOf(project)["architect"] ?? objectOf(project)["targets"]);
    const { port } = objectOf(objectOf(serve)["options"]);
    return typeof port === "number" ? [port] : [];
  });
  return { name: kind.name, file, origin: `http://localhost:${ports[0] ?? kind.port}` };
}

function parsed(source: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(source));
  } catch {
    return {};
  }
}

function scriptsOf(source: string): string[] {
  return Object.values(objectOf(parsed(source)["scripts"])).filter((script) => typeof script === "string");
}

/** The port that the command that starts it is given. */
function portIn(scripts: readonly string[], { command }: Kind): number | undefined {
  for (const script of scripts.filter((each) => command.test(each))) {
    const port = /(?:\s(?:--port|-p)[\s=]|\bPORT=)(\d{2,5})\b/.exec(script)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}

/** A number that an expression is, or falls back on: `Number(process.env.PORT) || 3000`. */
export function numberOf(node: Node | undefined, module: Module, depth = 0): number | undefined {
  if (node === undefined || depth > 6) return undefined;
  const { root, members } = module.trace(node);
  if (members.length > 0) return undefined;
  if (isA(root, "NumericLiteral")) return root.value;
  if (isA(root, "StringLiteral") && /^\d+$/.test(root.value)) return Number(root.value);
  if (isA(root, "LogicalExpression"))
    return numberOf(root.right, module, depth + 1) ?? numberOf(root.left, module, depth + 1);
  if (isA(root, "ConditionalExpression"))
    return numberOf(root.alternate, module, depth + 1) ?? numberOf(root.consequent, module, depth + 1);
  if (isA(root, "CallExpression")) return numberOf(root.arguments[0], module, depth + 1);
  return isA(root, "UnaryExpression") ? numberOf(root.argument, module, depth + 1) : undefined;
}
