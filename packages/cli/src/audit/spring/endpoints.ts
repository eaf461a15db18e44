import type { SyntaxNode } from "@lezer/common";
import type { Found } from "../languages/check.ts";
import { childrenOf, type Tree, within } from "../languages/tree.ts";
import { springRules } from "./rules.ts";

/** Finds classes with @ServerEndpoint whose configurator does not override checkOrigin(). A configurator from elsewhere is taken to do so. */
export function checkEndpoints(trees: readonly Tree[]): readonly Found[] {
  return trees.flatMap((tree) =>
    within(tree.root, "Annotation", "MarkerAnnotation")
      .filter((node) => isServerEndpoint(tree, node) && !isChecked(trees, configuratorOf(tree, node)))
      .map((node) => ({ rule: springRules.serverEndpoint, at: { tree, node }, fix })),
  );
}

const fix = [
  '@ServerEndpoint(value = "/ws", configurator = KnownPages.class)',
  "class KnownPages extends ServerEndpointConfig.Configurator {",
  '  @Override public boolean checkOrigin(String origin) { return Set.of("https://app.example.com").contains(origin); }',
  "}",
];

function isServerEndpoint(tree: Tree, node: SyntaxNode): boolean {
  const [name] = childrenOf(node);
  return name !== undefined && tree.text(name).split(".").at(-1) === "ServerEndpoint";
}

/** The name of the class that `configurator = X.class` gives. */
function configuratorOf(tree: Tree, node: SyntaxNode): string | undefined {
  for (const pair of within(node, "ElementValuePair")) {
    const [key, value] = childrenOf(pair).filter(({ name }) => name !== "AssignOp");
    if (key === undefined || value === undefined || tree.text(key) !== "configurator") continue;
    return tree.text(value).split(".").at(-2);
  }
  return undefined;
}

function isChecked(trees: readonly Tree[], configurator: string | undefined): boolean {
  if (configurator === undefined) return false;
  const classes = trees.flatMap((tree) =>
    within(tree.root, "ClassDeclaration")
      .filter((node) => {
        const name = node.getChild("Definition");
        return name !== null && tree.text(name) === configurator;
      })
      .map((node) => ({ tree, node })),
  );
  return classes.length === 0 || classes.some(({ tree, node }) => overridesCheck(tree, node));
}

/** A method of that name that does more than return true. */
function overridesCheck(tree: Tree, node: SyntaxNode): boolean {
  return within(node, "MethodDeclaration").some((method) => {
    const name = method.getChild("Definition");
    if (name === null || tree.text(name) !== "checkOrigin") return false;
    const [statement, ...more] = childrenOf(method.getChild("Block") ?? method);
    const [value] = statement?.name === "ReturnStatement" ? childrenOf(statement) : [];
    return more.length > 0 || value === undefined || tree.text(value) !== "true";
  });
}
