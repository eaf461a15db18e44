import { parse, type ParserOptions } from "@babel/parser";
import traverse from "@babel/traverse";
import { Module, type ModuleParts } from "./module.ts";
import type { Node, ScopeOf } from "./nodes.ts";

/** Files that can hold JavaScript or TypeScript, by the end of their names. */
export const extensions: RegExp = /\.(?:[cm]?[jt]s|[jt]sx|vue|svelte|html?)$/i;

/** What came of a file: a module for each script in it, or why there is none. */
export type Parsed = { readonly modules: readonly Module[] } | { readonly reason: string };

/** Parses a file's source, mended where the parser can. Never throws, whatever the text. */
export function parseFile(file: string, source: string): Parsed {
  const parsed = parseScripts(file, source);
  return "parts" in parsed ? modulesOf(parsed) : parsed;
}

/** The scripts of a file before names are followed in them: the same ones serve several projects. */
export type ParsedScripts = { readonly parts: readonly ModuleParts[] } | { readonly reason: string };

/** Modules of their own for one project. Never throws. */
export function modulesOf({ parts }: { readonly parts: readonly ModuleParts[] }): Parsed {
  return attempt(() => ({ modules: parts.map((each) => new Module(each)) }));
}

/** Does all of `parseFile()` that takes long. Never throws, whatever the text. */
export function parseScripts(file: string, source: string): ParsedScripts {
  return attempt(() => ({
    parts: scriptsOf(file, source).map(({ text, dialect }) => partsOf(file, source, text, dialect)),
  }));
}

function attempt<Made>(make: () => Made): Made | { readonly reason: string } {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return { reason: "nested too deeply" };
    return { reason: `not understood: ${reasonOf(error)}` };
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  return message.split("\n", 1)[0]?.slice(0, 120) ?? "";
}

interface Script {
  /** As long as the file, with blanks for all that is not the script's: so places stay what they are. */
  readonly text: string;
  readonly dialect: "js" | "ts" | "tsx";
}

function scriptsOf(file: string, source: string): Script[] {
  if (/\.tsx$/i.test(file)) return [{ text: source, dialect: "tsx" }];
  if (/\.[cm]?ts$/i.test(file)) return [{ text: source, dialect: "ts" }];
  if (!/\.(?:vue|svelte|html?)$/i.test(file)) return [{ text: source, dialect: "js" }];
  const scripts: Script[] = [];
  const opening = /<script\b([^<>]*)>/gi;
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    const start = opening.lastIndex;
    const length = source.slice(start).search(/<\/script\b/i);
    const end = length < 0 ? source.length : start + length;
    opening.lastIndex = end;
    const attributes = match[1] ?? "";
    const type = /\btype\s*=\s*["']?([^\s"']+)/i.exec(attributes)?.[1] ?? "module";
    if (!/^(?:module|(?:text|application)\/(?:java|type|ecma)script)$/i.test(type)) continue;
    const dialect = /\blang\s*=\s*["']?tsx?\b/i.test(attributes) ? "ts" : "js";
    scripts.push({ text: blank(source.slice(0, start)) + source.slice(start, end), dialect });
  }
  return scripts;
}

function blank(text: string): string {
  return text.replaceAll(/[^\n\r\u2028\u2029]/g, " ");
}

type Plugins = NonNullable<ParserOptions["plugins"]>;

const flow: Plugins = [["flow", { all: true }], "jsx", "decorators-legacy"];

/** How a dialect is parsed: where the first way does not work, by the next. Plain JavaScript may have types of Flow in it, or of TypeScript. */
const plugins: Readonly<Record<Script["dialect"], readonly Plugins[]>> = {
  js: [["jsx", "decorators-legacy"], flow, ["typescript", "jsx", "decorators-legacy"]],
  ts: [["typescript", "decorators-legacy"]],
  tsx: [["typescript", "jsx", "decorators-legacy"]],
};

/** The comment that says that a file has types of Flow. */
const flowComment = /^(?:#!.*\n|\s|\/\/.*\n|\/\*(?:(?!@flow)[\s\S])*?\*\/)*(?:\/\/|\/\*)[\s*]*@flow\b/;

function parsed(text: string, dialect: Script["dialect"]): ReturnType<typeof parse> {
  const ways = dialect === "js" && flowComment.test(text.slice(0, 2000)) ? [flow] : plugins[dialect];
  let mended: ReturnType<typeof parse> | undefined;
  let failure: unknown;
  for (const way of ways) {
    try {
      const ast = parse(text, { ...parsing, plugins: way });
      if (ast.errors.length === 0) return ast;
      // What had to be mended may be types that another way understands.
      mended ??= ast;
    } catch (error) {
      failure ??= error;
    }
  }
  if (mended === undefined) throw failure;
  return mended;
}

const parsing: ParserOptions = {
  sourceType: "unambiguous",
  errorRecovery: true,
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
  allowUndeclaredExports: true,
};

function partsOf(file: string, source: string, text: string, dialect: Script["dialect"]): ModuleParts {
  const ast = parsed(text, dialect);
  const nodes: Node[] = [];
  const parents = new Map<Node, Node>();
  const scopes = new Map<Node, ScopeOf>();
  traverse(ast, {
    enter(path) {
      nodes.push(path.node);
      if (path.parent !== undefined && path.parent !== null) parents.set(path.node, path.parent);
      scopes.set(path.node, path.scope);
    },
  });
  return { file, source, nodes, parents, scopes, comments: ast.comments ?? [] };
}
