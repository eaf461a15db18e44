/** One directive of a Caddyfile, or a site block: then the name is its first address. */
export interface CaddyLine {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  readonly text: string;
  readonly block: readonly CaddyLine[];
}

export interface CaddyProblem {
  readonly line: number;
  readonly text: string;
  readonly message: string;
}

interface Token {
  readonly value: string;
  readonly line: number;
  readonly quoted: boolean;
  /** The first of its line. */
  readonly first: boolean;
}

const deepest = 32;

/** Reads a Caddyfile by Caddy's grammar: tokens, quotes, backticks, heredocs, blocks. Total. */
export function parseCaddyfile(text: string): {
  readonly lines: readonly CaddyLine[];
  readonly problems: readonly CaddyProblem[];
} {
  const source = text.split("\n");
  const problems: CaddyProblem[] = [];
  const problem = (line: number, message: string) =>
    void problems.push({ line, message, text: (source[line - 1] ?? "").trim() });
  const top: CaddyLine[] = [];
  const open: { readonly block: CaddyLine[]; readonly line: number }[] = [];
  let words: Token[] = [];
  const finish = (block: readonly CaddyLine[] = []) => {
    const [first, ...rest] = words;
    // The global options have no name.
    if (first !== undefined || block !== emptyBlock)
      (open.at(-1)?.block ?? top).push({
        name: first?.value ?? "",
        args: rest.map(({ value }) => value),
        line: first?.line ?? 1,
        text: (source[(first?.line ?? 1) - 1] ?? "").trim(),
        block,
      });
    words = [];
  };
  for (const token of tokensOf(text)) {
    const { value, quoted, first, line } = token;
    // Addresses of a site go on in the next line after a comma.
    if (first && words.length > 0 && !(open.length === 0 && words.at(-1)?.value.endsWith(",") === true))
      finish(emptyBlock);
    if (value === "{" && !quoted) {
      if (open.length >= deepest) {
        problem(line, `more than ${deepest} blocks within each other`);
        break;
      }
      const block: CaddyLine[] = [];
      finish(block);
      open.push({ block, line });
    } else if (value === "}" && !quoted) {
      if (words.length > 0) finish(emptyBlock);
      if (open.pop() === undefined) problem(line, 'unexpected "}": no block is open');
    } else words.push(token);
  }
  if (words.length > 0) {
    // A site without braces is the whole file.
    finish(emptyBlock);
  }
  for (const { line } of open) problem(line, 'the block is not closed: "}" is missing');
  return { lines: top, problems };
}

const emptyBlock: readonly CaddyLine[] = [];

function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  let line = 1;
  let first = true;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "\n") {
      line++;
      first = true;
      at++;
    } else if (/\s/.test(char)) at++;
    else if (char === "\\" && /^\\\r?\n/.test(text.slice(at, at + 3))) {
      // The line goes on.
      at = text.indexOf("\n", at) + 1;
      line++;
    } else if (char === "#") {
      const end = text.indexOf("\n", at);
      at = end === -1 ? text.length : end;
    } else {
      const { value, end, quoted } = tokenAt(text, at);
      yield { value, line, quoted, first };
      line += text.slice(at, end).split("\n").length - 1;
      first = false;
      at = end;
    }
  }
}

function tokenAt(
  text: string,
  from: number,
): { readonly value: string; readonly end: number; readonly quoted: boolean } {
  const mark = text.charAt(from);
  if (mark === "`") {
    const end = text.indexOf("`", from + 1);
    return {
      value: text.slice(from + 1, end === -1 ? undefined : end),
      end: end === -1 ? text.length : end + 1,
      quoted: true,
    };
  }
  if (mark === '"') {
    let at = from + 1;
    while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
    return { value: text.slice(from + 1, at).replaceAll('\\"', '"'), end: Math.min(at + 1, text.length), quoted: true };
  }
  const [, name] = /^<<([A-Za-z0-9_-]+)\r?\n/.exec(text.slice(from, from + 80)) ?? [];
  if (name !== undefined) {
    const body = text.indexOf("\n", from) + 1;
    const close = new RegExp(`^[ \\t]*${name}\\b`, "m").exec(text.slice(body));
    const end = close === null ? text.length : body + close.index + close[0].length;
    return { value: text.slice(body, close === null ? undefined : body + close.index), end, quoted: true };
  }
  let at = from;
  while (at < text.length && !/\s/.test(text.charAt(at)))
    at += text.charAt(at) === "\\" && /\S/.test(text.charAt(at + 1)) ? 2 : 1;
  return { value: text.slice(from, Math.min(at, text.length)), end: Math.min(at, text.length), quoted: false };
}
