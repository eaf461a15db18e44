const notPrintableAscii = /[^\x20-\x7e]/g;

/** Cuts what a client sent to a length that a log line can bear. */
export function cut(text: string, length = 256): string {
  return text.length > length ? text.slice(0, length) : text;
}

/** Writes everything but printable ASCII as `\uXXXX`, so that no text breaks a line or moves a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(notPrintableAscii, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Quotes untrusted text for a terminal or a log. Without it a client could forge log lines or send terminal escapes through a header. */
export function quote(text: string): string {
  return printable(JSON.stringify(cut(text)));
}

/** Names any value of a configuration, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  try {
    return printable(cut(String(value)));
  } catch {
    return typeof value;
  }
}

/** Names the first few entries of a list, and how many more there are. */
export function quoteSome(entries: Iterable<string>, size: number, shown = 5): string {
  if (size === 0) return "nobody (the list is empty)";
  const names: string[] = [];
  for (const entry of entries) {
    if (names.length === shown) break;
    names.push(quote(entry));
  }
  const rest = size - names.length;
  return rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
}
