import type { SyntaxNode } from "@lezer/common";

/** A source of another language, parsed. Parsers of Lezer mend what they do not understand, so there is a tree for every text. */
export class Tree {
  readonly file: string;
  readonly source: string;
  readonly root: SyntaxNode;
  #lines: readonly string[] | undefined;

  constructor(file: string, source: string, root: SyntaxNode) {
    this.file = file;
    this.source = source;
    this.root = root;
  }

  /** The lines of the source; split when they are read first. */
  get lines(): readonly string[] {
    return (this.#lines ??= this.source.split("\n"));
  }

  /** The source text of a node. */
  text({ from, to }: SyntaxNode): string {
    return this.source.slice(from, to);
  }

  /** Line and column of a node's first character. Both count from 1. */
  placeOf({ from }: SyntaxNode): { readonly file: string; readonly line: number; readonly column: number } {
    const before = this.source.slice(0, from);
    const start = before.lastIndexOf("\n") + 1;
    return { file: this.file, line: before.split("\n").length, column: from - start + 1 };
  }
}

/** A node with the tree that it is in. */
export interface At {
  readonly tree: Tree;
  readonly node: SyntaxNode;
}

/** The direct children, without punctuation and comments. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (/^[A-Z]/.test(child.name) && !child.name.endsWith("Comment")) children.push(child);
  return children;
}

/** Every node below of one of these kinds, in the order of the source. */
export function within(node: SyntaxNode, ...names: readonly string[]): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const end = node.to;
  const cursor = node.cursor();
  while (cursor.next() && cursor.from < end) if (names.includes(cursor.name)) found.push(cursor.node);
  return found;
}
