import type { Module } from "./module.ts";
import { isA, isMember, keyOf, nameOf, type Node } from "./nodes.ts";

/** Finds the scripts of the project that a path is imported from. */
export type Links = (file: string, from: string) => readonly Module[];

/** What of a script a name stands for that it exports: an expression or a declaration, to be traced there. */
export function exportOf(module: Module, name: string, links: Links, depth = 0): Node | undefined {
  if (depth > 6) return undefined;
  for (const statement of module.statements()) {
    if (isA(statement, "ExportDefaultDeclaration") && name === "default") return statement.declaration;
    if (isA(statement, "ExportNamedDeclaration")) {
      const found = named(module, statement, name, links, depth);
      if (found !== undefined) return found;
    }
    if (isA(statement, "ExportAllDeclaration") && name !== "default")
      for (const other of links(module.file, statement.source.value)) {
        const found = exportOf(other, name, links, depth + 1);
        if (found !== undefined) return found;
      }
  }
  return assignedTo(module, name);
}

function named(
  module: Module,
  { declaration, specifiers, source }: Extract<Node, { type: "ExportNamedDeclaration" }>,
  name: string,
  links: Links,
  depth: number,
): Node | undefined {
  if (isA(declaration, "FunctionDeclaration", "ClassDeclaration") && declaration.id?.name === name) return declaration;
  if (isA(declaration, "VariableDeclaration"))
    for (const { id } of declaration.declarations) if (isA(id, "Identifier") && id.name === name) return id;
  for (const specifier of specifiers) {
    if (!isA(specifier, "ExportSpecifier") || keyOf(specifier.exported, false) !== name) continue;
    if (source === null || source === undefined) return specifier.local;
    for (const other of links(module.file, source.value)) {
      const found = exportOf(other, keyOf(specifier.local, false) ?? "default", links, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `exports.name = value` and `module.exports.name = value`; `module.exports = value` for the default. */
function assignedTo(module: Module, name: string): Node | undefined {
  for (const { left, right } of module.ofType("AssignmentExpression")) {
    if (!isMember(left)) continue;
    const key = keyOf(left.property, left.computed);
    if (
      name === "default" ? isWhole(left) : key === name && (isWhole(left.object) || nameOf(left.object) === "exports")
    )
      return right;
  }
  return undefined;
}

/** `module.exports`. */
function isWhole(node: Node): boolean {
  return (
    isMember(node) &&
    isA(node.object, "Identifier") &&
    node.object.name === "module" &&
    keyOf(node.property, node.computed) === "exports"
  );
}
