import type { SyntaxNode } from "@lezer/common";
import type { Found } from "../languages/check.ts";
import { type At, childrenOf, type Tree, within } from "../languages/tree.ts";
import { checkEndpoints } from "./endpoints.ts";
import { argumentsOf, methodOf, receiverOf, stringsOf, valueOf } from "./java.ts";
import { widthOf } from "./patterns.ts";
import { springRules } from "./rules.ts";

const setters: ReadonlySet<string> = new Set(["setAllowedOrigins", "setAllowedOriginPatterns"]);

/** Finds sockets of Spring and of Jakarta WebSocket that open for pages of other sites, in all Java sources of a project. */
export function checkSpring(trees: readonly Tree[]): readonly Found[] {
  const calls = trees.flatMap((tree) => socketCalls(tree).map((node) => ({ tree, node })));
  const filtered = hasCorsFilter(trees);
  const found = calls.flatMap((at) => checkCall(at, filtered));
  const open = !filtered && found.some(({ rule }) => rule === springRules.anyOrigin);
  return [...found, ...(open ? corsOfControllers(trees) : []), ...checkEndpoints(trees)];
}

/** Calls of setAllowedOrigins() and setAllowedOriginPatterns() on what addHandler() or addEndpoint() returns. */
function socketCalls(tree: Tree): readonly SyntaxNode[] {
  return within(tree.root, "MethodInvocation").filter(
    (call) => setters.has(methodOf(tree, call)) && isRegistration(tree, receiverOf(call), 0),
  );
}

function isRegistration(tree: Tree, node: SyntaxNode | undefined, depth: number): boolean {
  if (node === undefined || depth > 12) return false;
  if (node.name === "Identifier") return isRegistration(tree, valueOf(tree.text(node), tree), depth + 1);
  if (node.name !== "MethodInvocation") return false;
  return (
    ["addHandler", "addEndpoint"].includes(methodOf(tree, node)) || isRegistration(tree, receiverOf(node), depth + 1)
  );
}

function checkCall({ tree, node }: At, filtered: boolean): readonly Found[] {
  const entries = argumentsOf(node).flatMap((each) => stringsOf({ tree, node: each }));
  const patterns = methodOf(tree, node) === "setAllowedOriginPatterns";
  return entries.flatMap((at): readonly Found[] => {
    const width = at.value === "*" ? "any" : patterns ? widthOf(at.value) : "exact";
    if (width === "exact") return [];
    if (width === "subdomains")
      return [{ rule: springRules.subdomains, at, fix: [listOf(at.value.replace("*.", ""))] }];
    if (width === "any" && at.value === "*")
      return [
        {
          rule: springRules.anyOrigin,
          at,
          fix: filtered
            ? ["Only a CorsFilter refuses other pages here, and it lets handshakes without an Origin through.", example]
            : [example],
          ...(filtered && { severity: "warning" as const }),
        },
      ];
    return [{ rule: springRules.widePattern, at, fix: [example], ...(filtered && { severity: "warning" as const }) }];
  });
}

function listOf(origin: string): string {
  return `.setAllowedOrigins(${JSON.stringify(origin)})`;
}

const example = listOf("https://app.example.com");

const corsSetters: ReadonlySet<string> = new Set([...setters, "addAllowedOrigin", "addAllowedOriginPattern"]);

/** Whether a CorsFilter with a list stands in front of everything. It refuses handshakes too, because the container calls it for every request. */
function hasCorsFilter(trees: readonly Tree[]): boolean {
  const made = trees.some((tree) =>
    within(tree.root, "ObjectCreationExpression").some((node) =>
      childrenOf(node).some((child) => child.name === "TypeName" && tree.text(child) === "CorsFilter"),
    ),
  );
  if (!made) return false;
  const listed = trees.flatMap((tree) =>
    within(tree.root, "MethodInvocation")
      .filter((call) => corsSetters.has(methodOf(tree, call)) && !isRegistration(tree, receiverOf(call), 0))
      .flatMap((call) => argumentsOf(call).flatMap((node) => stringsOf({ tree, node }))),
  );
  return listed.length > 0 && listed.every(({ value }) => value !== "*" && widthOf(value) !== "any");
}

/** Where CORS is set for controllers: an annotation, or a call in addCorsMappings(). */
function corsOfControllers(trees: readonly Tree[]): readonly Found[] {
  return trees.flatMap((tree) => {
    const annotations = within(tree.root, "Annotation", "MarkerAnnotation").filter((node) => {
      const [name] = childrenOf(node);
      return name !== undefined && tree.text(name) === "CrossOrigin";
    });
    const mappings = within(tree.root, "MethodInvocation").filter((call) => methodOf(tree, call) === "addMapping");
    return [...annotations, ...mappings].map((node) => ({
      rule: springRules.cors,
      at: { tree, node },
      fix: [`${example}, after addHandler(...) or addEndpoint(...).`],
    }));
  });
}
