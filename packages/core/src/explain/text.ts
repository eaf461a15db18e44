const notPrintableAscii = /[^\x20-\x7e]/g;

/** Cuts a text to a number of characters. */
export function cut(text: string, length = 256): string {
  return text.length > length ? text.slice(0, length) : text;
}

/** Writes every character except printable ASCII as `\uXXXX`, so that a text cannot break a line or control a terminal. */
export function printable(text: string): string {
  return text.replace(notPrintableAscii, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const terminalControls = /(?![\n\t])[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Writes control characters as `\uXXXX` in a text of several lines, such as a stack trace, so that it cannot control a terminal or hide part of
 * a log: C0 except newline and tab, DEL, C1, and the bidirectional, zero-width and line-separator characters. Other characters stay as they are.
 */
export function escapeControls(text: string): string {
  return text.replace(terminalControls, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The longest text that `redact` returns, in UTF-16 code units. */
const redactedLength = 1024;

/** How many consecutive characters of a secret may appear in a text by chance. */
const revealing = 6;

/**
 * Cuts a text to 1024 characters, and replaces all of it if it contains six or more consecutive characters of the secret (or the whole of a
 * shorter one): error messages often quote their input, and log readers must not learn tokens. Takes time linear in both lengths.
 */
export function redact(text: string, secret: string): string {
  const short = cut(text, redactedLength);
  const size = Math.min(revealing, secret.length);
  if (size === 0) return short;
  const parts = new Set<string>();
  for (let end = size; end <= short.length; end++) parts.add(short.slice(end - size, end));
  for (let end = size; end <= secret.length; end++)
    if (parts.has(secret.slice(end - size, end))) return "[redacted: the text contains part of the token]";
  return short;
}

/** The longest text that `quote` returns, in characters. */
const longestQuote = 400;

/**
 * Quotes untrusted text for a terminal or a log: cut to 256 characters, as JSON, in printable ASCII. Without it, a client could forge log lines or
 * send terminal escapes through a header. At most 400 characters: what is longer when escaped ends in `..."`.
 */
export function quote(text: string): string {
  const quoted = printable(JSON.stringify(cut(text)));
  return quoted.length > longestQuote ? `${quoted.slice(0, longestQuote - 4)}..."` : quoted;
}

/** Shows any value of a configuration. */
export function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  try {
    return printable(cut(String(value)));
  } catch {
    return typeof value;
  }
}

/** `one of`, the first few entries of a list, and how many more there are. */
export function quoteSome(entries: Iterable<string>, size: number, shown = 5): string {
  const names = new Set<string>();
  let left = size;
  for (const entry of entries) {
    if (names.size === shown) break;
    names.add(quote(entry));
    left--;
  }
  const list = `one of ${[...names].join(", ")}`;
  return left > 0 ? `${list} and ${left} more` : list;
}
