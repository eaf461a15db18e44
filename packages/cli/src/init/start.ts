import type { Module } from "../source/module.ts";
import { isA, methodOf, type Node } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import { numberOf } from "./dev-server.ts";
import type { Manifest, Runner } from "./manifest.ts";
import { importedValue } from "./shape.ts";

/** Where the server listens, as the sources say. */
export interface Listening {
  /** The file that starts it. */
  readonly entry: string;
  readonly port: number | undefined;
  /** The environment variable that the port comes from. */
  readonly variable: string | undefined;
}

/** How the test gets the server to run. */
export type Start =
  /** A program of its own: the arguments of Node. */
  | {
      readonly kind: "program";
      readonly args: readonly string[];
      readonly build: boolean;
      readonly listening: Listening;
    }
  /** Imported by the test, whose runner compiles it. */
  | { readonly kind: "import"; readonly listening: Listening }
  /** Started by the user, and named by its URL. */
  | { readonly kind: "url" };

/**
 * Finds the call that listens: of the files with sockets, or of those around them.
 *
 * @param without calls that do not count
 */
export function listeningOf(
  modules: readonly Module[],
  project: Project,
  without: ReadonlySet<Node> = new Set(),
): Listening | undefined {
  const around = modules.flatMap((module) => [module, ...project.siblings(module)]);
  for (const module of new Set(around)) {
    for (const call of module.calls) {
      const method = methodOf(call);
      const [first] = call.arguments;
      const options = module.objectOf(first);
      const isServer = isA(call, "NewExpression") && module.exported(call.callee)?.from === "ws";
      if (first === undefined || without.has(call) || !(method?.name === "listen" || isServer)) continue;
      const port = options === undefined ? (isServer ? undefined : first) : portOf(options);
      if (port === undefined) continue;
      const value = importedValue(port, module, project) ?? { node: port, module };
      const variable = variableIn(value.node, value.module);
      const number = numberOf(value.node, value.module);
      if (variable !== undefined || number !== undefined) return { entry: module.file, port: number, variable };
    }
  }
  return undefined;
}

function portOf(options: Node): Node | undefined {
  if (!isA(options, "ObjectExpression")) return undefined;
  const property = options.properties.find(
    (each) => isA(each, "ObjectProperty") && isA(each.key, "Identifier") && each.key.name === "port",
  );
  return isA(property, "ObjectProperty") ? property.value : undefined;
}

/** The variable that a port is read from: `process.env.PORT`, also within an expression. */
function variableIn(node: Node, module: Module): string | undefined {
  const { root } = module.trace(node);
  const text = module.source.slice(root.start ?? 0, root.end ?? 0);
  return /\bprocess\.env(?:\.(\w+)|\[["'](\w+)["']\])/
    .exec(text)
    ?.slice(1)
    .find((name) => name !== undefined);
}

/** How the server is started for a test. */
export function startOf(listening: Listening | undefined, manifest: Manifest, runner: Runner): Start {
  if (listening === undefined) return { kind: "url" };
  const { entry } = listening;
  if (/\.[cm]?js$/.test(entry)) return { kind: "program", args: [entry], build: false, listening };
  const { packages, scripts } = manifest;
  if (packages["tsx"] !== undefined)
    return { kind: "program", args: ["--import", "tsx", entry], build: false, listening };
  if (runner === "vitest") return { kind: "import", listening };
  if (packages["ts-node"] !== undefined && !manifest.esm)
    return { kind: "program", args: ["-r", "ts-node/register", entry], build: false, listening };
  const run = Object.values(scripts).map(
    (script) => /\bnode\s(?:[^&|;]*\s)?([\w./-]+\.[cm]?[jt]s|dist\/[\w/.-]+)\b/.exec(script)?.[1],
  );
  if (run.includes(entry)) return { kind: "program", args: [entry], build: false, listening };
  const compiled = run.find((each) => each !== undefined && /^(?:\.\/)?(?:dist|build|lib|out)\//.test(each));
  if (compiled === undefined) return { kind: "url" };
  return { kind: "program", args: [compiled], build: scripts["build"] !== undefined, listening };
}
