import { isA, keyOf, type Node, textOf } from "./nodes.ts";

/** The name of a module without `node:`. */
export function plain(source: string): string {
  return source.replace(/^node:/, "");
}

/** What `require()` or `import()` loads. */
export function requiredBy(node: Node): string | undefined {
  if (isA(node, "ImportExpression")) return optionalPlain(textOf(node.source));
  if (!isA(node, "CallExpression") || !isA(node.callee, "Identifier") || node.callee.name !== "require")
    return undefined;
  return optionalPlain(textOf(node.arguments[0]));
}

function optionalPlain(source: string | undefined): string | undefined {
  return source === undefined ? undefined : plain(source);
}

/** How a name is reached in a pattern: `["headers", "origin"]` in `{ headers: { origin } }`. */
export function membersIn(pattern: Node, name: string): string[] | undefined {
  if (isA(pattern, "Identifier")) return pattern.name === name ? [] : undefined;
  if (isA(pattern, "AssignmentPattern")) return membersIn(pattern.left, name);
  if (isA(pattern, "TSParameterProperty")) return membersIn(pattern.parameter, name);
  if (isA(pattern, "ArrayPattern")) {
    for (const [index, element] of pattern.elements.entries()) {
      if (element === null || isA(element, "RestElement")) continue;
      const inner = membersIn(element, name);
      if (inner !== undefined) return [`[${index}]`, ...inner];
    }
  }
  if (isA(pattern, "ObjectPattern")) {
    for (const property of pattern.properties) {
      if (isA(property, "RestElement")) continue;
      const inner = membersIn(property.value, name);
      const key = keyOf(property.key, property.computed);
      if (inner !== undefined && key !== undefined) return [key, ...inner];
    }
  }
  return undefined;
}
