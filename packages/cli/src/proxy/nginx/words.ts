export interface Word {
  readonly value: string;
  readonly quoted: boolean;
}

interface Read {
  readonly word: Word;
  readonly end: number;
  readonly closed: boolean;
}

/** A word without quotes: until white space, `;` or `{`, but for the `{` of `${name}`. Quotes and `}` within it are its own. */
export function bareWord(text: string, from: number): Read {
  let at = from;
  let dollar = false;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "{" && dollar) {
      dollar = false;
      at++;
      continue;
    }
    if (isSpace(char) || char === ";" || char === "{") break;
    dollar = char === "$";
    at += char === "\\" ? 2 : 1;
  }
  const end = Math.min(at, text.length);
  return { word: { value: unescape(text.slice(from, end)), quoted: false }, end, closed: true };
}

export function quotedWord(text: string, from: number): Read {
  const mark = text.charAt(from);
  let at = from + 1;
  while (at < text.length && text.charAt(at) !== mark) at += text.charAt(at) === "\\" ? 2 : 1;
  const closed = at < text.length;
  const end = Math.min(at, text.length);
  return { word: { value: unescape(text.slice(from + 1, end)), quoted: true }, end: closed ? end + 1 : end, closed };
}

/** nginx takes the backslash from these, and leaves it in all others: `\.` stays `\.`. */
function unescape(text: string): string {
  return text.replaceAll(/\\(["'\\trn])/g, (_, char: string) => escapes.get(char) ?? char);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["r", "\r"],
  ["n", "\n"],
]);

/** Where the code that begins with the `{` at `from` has ended: after its `}`, with strings and comments of Lua stepped over. */
export function luaEnd(text: string, from: number): number | undefined {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    const long = /^(?:--)?\[(=*)\[/.exec(text.slice(at, at + 64));
    if (long !== null) {
      const close = text.indexOf(`]${long[1] ?? ""}]`, at);
      if (close === -1) return undefined;
      at = close + 2 + (long[1] ?? "").length;
    } else if (text.startsWith("--", at)) {
      at = lineEnd(text, at);
    } else if (char === '"' || char === "'") {
      at = quotedWord(text, at).end;
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      at++;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

export function isSpace(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}

export function lineEnd(text: string, from: number): number {
  const found = text.indexOf("\n", from);
  return found === -1 ? text.length : found + 1;
}
