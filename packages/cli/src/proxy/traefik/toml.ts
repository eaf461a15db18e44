import { literal } from "../../expression.ts";
import { parse, TomlError } from "smol-toml";
import { type Given, type Line, unreadable } from "../checker.ts";
import { type Documents, leaf, type Node } from "../tree.ts";

/** Reads TOML. The parser tells no lines: a key's is the first one that has it behind the line of what it is in. */
export async function readToml({ file, text, goOn }: Given): Promise<Documents> {
  const lines = text.split("\n");
  await goOn();
  try {
    const parsed = parse(text);
    return { roots: [nodeOf(parsed, { line: 1, text: lines[0] ?? "" }, lines)], problems: [] };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const place = { line: error.line, text: lines[error.line - 1] ?? "" };
    return { roots: [], problems: [unreadable(file, place, error.message, `taplo check ${file}`)] };
  }
}

function nodeOf(value: unknown, at: Line, lines: readonly string[]): Node {
  if (Array.isArray(value))
    return { ...leaf(undefined, at), list: value.map((each: unknown) => nodeOf(each, at, lines)) };
  if (typeof value !== "object" || value === null || value instanceof Date) return leaf(String(value), at);
  const map = new Map(
    Object.entries(value).map(
      ([name, each]: [string, unknown]) => [name, nodeOf(each, lineOf(name, at, lines), lines)] as const,
    ),
  );
  return { value: undefined, map, list: [], ...at };
}

function lineOf(name: string, after: Line, lines: readonly string[]): Line {
  const own = new RegExp(`(?:^|[\\s.,{\\["'])${literal(name)}["']?\\s*[=.\\]]`);
  for (let at = after.line - 1; at < lines.length; at++) {
    const text = lines[at] ?? "";
    if (own.test(text)) return { line: at + 1, text };
  }
  return after;
}
