const maxParts = 24;
const maxDepth = 4;

/**
 * The texts in a line that may be known, the most telling first: what stands behind time stamps, levels and names of loggers, then, of a log in
 * JSON, the strings in it. The line itself comes first.
 */
export function candidatesIn(line: string): readonly string[] {
  const bare = withoutPrefix(line);
  const all = [line, bare, ...(bare.startsWith("{") ? stringsIn(bare) : [])];
  return [...new Set(all)].filter((text) => text.trim() !== "");
}

const prefixes: readonly RegExp[] = [
  // 2026-11-27T22:08:44.123Z, 2026/11/27 22:08:44, 22:08:44.123
  /^\[?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T ][0-9:.,]{5,18}(?:Z|[+-][0-9:]{4,6})?)?\]?[:,]?\s{1,8}/,
  /^\[?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?: [AP]M)?\]?\s{1,8}/i,
  // Nov 27 22:08:44 host program[123]:
  /^[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{8} \S{1,64} \S{1,64}: /,
  /^[0-9]{10}(?:\.[0-9]{1,9}|[0-9]{3})?\s{1,8}/,
  // [Error], [vite], ERROR:, warn -
  /^\[[\w .:/-]{1,40}\]:?\s{0,8}/,
  /^(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|ALERT|EMERG)\b\s{0,4}[:|-]?\s{1,8}/,
  // In lower case they may be words of the message.
  /^(?:trace|debug|info|notice|warn|warning|error|err|fatal|critical)\s{0,4}[:|-]\s{1,8}/i,
  /^(?:uncaught(?: \(in promise\))?|unhandled\w{0,16})\s{1,8}/i,
  /^(?:[\w.-]{1,64}|\(\w{1,16}\)):[0-9]{1,6}(?::[0-9]{1,6})?\s{1,8}/,
  /^[-*>|]{1,3}\s{1,8}/,
];

function withoutPrefix(line: string): string {
  let rest = line.trim();
  for (let round = 0; round < 8; round++) {
    const before = rest;
    for (const prefix of prefixes) rest = rest.replace(prefix, "");
    if (rest === before) break;
  }
  return rest;
}

/** The strings of a JSON object, those with the usual names for messages first. */
function stringsIn(text: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  const found: { readonly key: string; readonly value: string }[] = [];
  collect("", parsed, 0, found);
  const telling = ["message", "msg", "error", "err", "reason", "code"];
  const rank = ({ key }: { readonly key: string }): number =>
    telling.includes(key) ? telling.indexOf(key) : telling.length;
  return found.toSorted((a, b) => rank(a) - rank(b)).map(({ value }) => value);
}

function collect(key: string, value: unknown, depth: number, found: { key: string; value: string }[]): void {
  if (found.length >= maxParts || depth > maxDepth) return;
  if (typeof value === "string") found.push(...value.split("\n", 3).map((line) => ({ key, value: line })));
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) collect(name, inner, depth + 1, found);
}
