import { parseExpression } from "@babel/parser";
import MagicString from "magic-string";
import { isA, keyOf, type NodeOf, type Node } from "../source/nodes.ts";

/** What is added to `package.json`. */
export interface ManifestAdditions {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

/** The text of `package.json` with the additions, each in its place; what is there stays as it is. */
export function editManifest(source: string, additions: ManifestAdditions): string {
  const start = source.startsWith("\ufeff") ? 1 : 0;
  const root = parseExpression(source.slice(start), { createParenthesizedExpressions: false });
  if (!isA(root, "ObjectExpression")) return source;
  const text = new MagicString(source);
  for (const section of ["scripts", "dependencies", "devDependencies"] as const) {
    const entries = Object.entries(additions[section]);
    if (entries.length > 0) addTo(text, root, section, entries, start);
  }
  return text.toString();
}

type ObjectLiteral = NodeOf<"ObjectExpression">;

function addTo(
  text: MagicString,
  root: ObjectLiteral,
  section: string,
  entries: readonly (readonly [name: string, value: string])[],
  offset: number,
): void {
  const source = text.original;
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const indent = /\n([\t ]+)"/.exec(source)?.[1] ?? "  ";
  const found = valueOf(root, section);
  const line = ([name, value]: readonly [string, string]): string =>
    `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  if (found === undefined || found.properties.length === 0) {
    const body = entries.map((entry) => `${indent}${indent}${line(entry)}`).join(`,${newline}`);
    const object = `{${newline}${body}${newline}${indent}}`;
    if (found !== undefined) text.overwrite((found.start ?? 0) + offset, (found.end ?? 0) + offset, object);
    else {
      const last = root.properties.at(-1);
      const comma = last === undefined ? "" : ",";
      const at = (last?.end ?? (root.start ?? 0) + 1) + offset;
      text.appendLeft(
        at,
        `${comma}${newline}${indent}${JSON.stringify(section)}: ${object}${last === undefined ? newline : ""}`,
      );
    }
    return;
  }
  for (const entry of entries) {
    // In the order of names, as package managers write them; scripts have no order.
    const next = section === "scripts" ? undefined : found.properties.find((each) => nameOf(each) > entry[0]);
    if (next !== undefined) text.appendLeft((next.start ?? 0) + offset, `${line(entry)},${newline}${indent}${indent}`);
    else text.appendLeft((found.properties.at(-1)?.end ?? 0) + offset, `,${newline}${indent}${indent}${line(entry)}`);
  }
}

function valueOf(object: ObjectLiteral, name: string): ObjectLiteral | undefined {
  const property = object.properties.find((each) => nameOf(each) === name);
  return isA(property, "ObjectProperty") && isA(property.value, "ObjectExpression") ? property.value : undefined;
}

function nameOf(property: Node): string {
  return isA(property, "ObjectProperty") ? (keyOf(property.key, property.computed) ?? "") : "";
}
