import type { Module } from "../source/module.ts";
import { isA } from "../source/nodes.ts";

/** How a file is written, so that what is added to it looks the same. */
export interface Style {
  readonly newline: string;
  readonly quote: '"' | "'";
  readonly semicolons: boolean;
  readonly indent: string;
  readonly esm: boolean;
}

export function styleOf(module: Module, esmPackage: boolean): Style {
  const { source } = module;
  const literals = module.ofType("StringLiteral").map(({ start }) => source[start ?? 0]);
  const single = literals.filter((quote) => quote === "'").length;
  const double = literals.filter((quote) => quote === '"').length;
  const statements = module.ofType("ExpressionStatement", "VariableDeclaration", "ImportDeclaration");
  const ended = statements.filter(({ end }) => source[(end ?? 0) - 1] === ";").length;
  return {
    newline: source.includes("\r\n") ? "\r\n" : "\n",
    quote: single > double ? "'" : '"',
    semicolons: statements.length === 0 || ended * 2 >= statements.length,
    indent: /^(\t| {2,8})\S/m.exec(source)?.[1] ?? "  ",
    esm: isEsm(module, esmPackage),
  };
}

function isEsm(module: Module, esmPackage: boolean): boolean {
  if (/\.m[jt]s$/.test(module.file)) return true;
  const imports = module.nodes.some((node) =>
    isA(node, "ImportDeclaration", "ExportNamedDeclaration", "ExportDefaultDeclaration", "ExportAllDeclaration"),
  );
  if (imports) return true;
  return !/\.c[jt]s$/.test(module.file) && esmPackage && !/\brequire\s*\(/.test(module.source);
}

/** Lines of code, written with double quotes, semicolons and two spaces, as the file writes them. */
export function restyle(lines: readonly string[], { quote, semicolons, indent, newline }: Style, base: string): string {
  return lines
    .map((line) => {
      // The user's own code.
      if (line.includes("\n")) return `${base}${semicolons ? line : line.replace(/;$/, "")}`;
      const [, spaces = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
      const text = rest.startsWith("//") || quote === '"' ? rest : rest.replaceAll('"', "'");
      const ended = semicolons || rest.startsWith("//") ? text : text.replace(/;$/, "");
      return rest === "" ? "" : `${base}${indent.repeat(spaces.length / 2)}${ended}`;
    })
    .join(newline);
}

/** `createPolicy, guard` of a package, as the file imports. */
export function importLine(names: readonly string[], from: string, esm: boolean): string {
  const list = names.join(", ");
  return esm ? `import { ${list} } from "${from}";` : `const { ${list} } = require("${from}");`;
}
