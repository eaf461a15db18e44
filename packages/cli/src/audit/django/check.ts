import type { SyntaxNode } from "@lezer/common";
import type { Found } from "../languages/check.ts";
import { type At, childrenOf, type Tree, within } from "../languages/tree.ts";
import { listedOrigins } from "./lists.ts";
import { argumentsOf, calleeOf, Modules, stringOf } from "./python.ts";
import { djangoRules } from "./rules.ts";
import { checkEntries, checkHosts } from "./validators.ts";

/** Finds sockets of Django Channels that open for pages of other sites, in all Python modules of a project. */
export function checkDjango(trees: readonly Tree[]): readonly Found[] {
  const modules = new Modules(trees);
  const routers = liveRouters(modules);
  const found = routers.flatMap(({ tree, node }) => checkRouter(modules, tree, node));
  const open = found.some(({ rule }) => rule === djangoRules.unguarded);
  return [...found, ...(open ? corsSettings(modules) : [])];
}

/** Calls of ProtocolTypeRouter: those in the modules that ASGI_APPLICATION names, or all where it names none of them. */
function liveRouters(modules: Modules): readonly At[] {
  const all = modules.trees.flatMap((tree) =>
    within(tree.root, "CallExpression")
      .filter((call) => calleeOf(tree, call) === "ProtocolTypeRouter")
      .map((node) => ({ tree, node })),
  );
  const named = new Set(
    modules.settings("ASGI_APPLICATION").flatMap(({ tree, node }) => {
      const dotted = stringOf(tree, node)?.replace(/\.[^.]*$/, "");
      const module = dotted === undefined ? undefined : modules.moduleNamed(dotted, undefined);
      return module === undefined ? [] : [module];
    }),
  );
  const live = all.filter(({ tree }) => named.has(tree));
  return live.length > 0 ? live : all;
}

function checkRouter(modules: Modules, tree: Tree, call: SyntaxNode): readonly Found[] {
  const [given] = argumentsOf(tree, call).placed;
  const table =
    given?.name === "VariableName" ? modules.valueOf(tree.text(given), tree) : given && { tree, node: given };
  if (table?.node.name !== "DictionaryExpression") return [];
  const sockets = valueFor("websocket", table);
  if (sockets === undefined) return [];
  const wrappers = wrappersOf(modules, { tree: table.tree, node: sockets }, 0);
  const validators = wrappers.filter(({ name }) => /^(?:AllowedHosts)?OriginValidator$/.test(name));
  if (validators.length > 0)
    return validators.flatMap(({ name, at }) =>
      name === "OriginValidator" ? checkEntries(modules, at) : checkHosts(modules, at),
    );
  if (wrappers.some(({ name, at }) => checksOrigin(modules.definitionOf(name, at.tree))) || checkedByHand(modules))
    return [];
  return [
    {
      rule: djangoRules.unguarded,
      at: { tree: table.tree, node: sockets },
      fix: wrapped(modules, table.tree, sockets),
    },
  ];
}

/** The value of a key of a dictionary. */
function valueFor(key: string, { tree, node }: At): SyntaxNode | undefined {
  const children = childrenOf(node);
  const at = children.findIndex((child) => stringOf(tree, child) === key);
  return at < 0 ? undefined : children[at + 1];
}

interface Wrapper {
  readonly name: string;
  readonly at: At;
}

/** Every call that an application is made by, from the outside to the inside. */
function wrappersOf(modules: Modules, { tree, node }: At, depth: number): readonly Wrapper[] {
  if (depth > 12) return [];
  if (node.name === "VariableName") {
    const value = modules.valueOf(tree.text(node), tree);
    return value === undefined ? [] : wrappersOf(modules, value, depth + 1);
  }
  if (node.name !== "CallExpression") return [];
  const { placed, named } = argumentsOf(tree, node);
  const inner = [...placed, ...named.values()].flatMap((each) => wrappersOf(modules, { tree, node: each }, depth + 1));
  return [{ name: calleeOf(tree, node), at: { tree, node } }, ...inner];
}

/** Whether a class or function of the project reads the header. */
function checksOrigin(definition: At | undefined): boolean {
  return definition !== undefined && namesOrigin(definition);
}

function namesOrigin({ tree, node }: At): boolean {
  return within(node, "String").some((each) => stringOf(tree, each)?.toLowerCase() === "origin");
}

/** Whether a consumer reads the header, which Channels gives it as bytes. */
function checkedByHand({ trees }: Modules): boolean {
  return trees.some((tree) =>
    within(tree.root, "ClassDefinition").some(
      (node) => within(node, "PropertyName").some((name) => tree.text(name) === "scope") && namesOrigin({ tree, node }),
    ),
  );
}

function wrapped(modules: Modules, tree: Tree, sockets: SyntaxNode): readonly string[] {
  const text = tree.text(sockets);
  return [
    "from channels.security.websocket import OriginValidator",
    `"websocket": OriginValidator(${text.length < 90 && !text.includes("\n") ? text : "..."}, [${listedOrigins(modules)}]),`,
  ];
}

function corsSettings(modules: Modules): readonly Found[] {
  const names = [
    "CORS_ALLOWED_ORIGINS",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "CORS_ALLOW_ALL_ORIGINS",
    "CORS_ORIGIN_WHITELIST",
  ];
  return names
    .flatMap((name) => modules.settings(name))
    .slice(0, 1)
    .map((at) => ({
      rule: djangoRules.cors,
      at,
      fix: [`OriginValidator(..., [${listedOrigins(modules)}]) around the application for "websocket".`],
    }));
}
