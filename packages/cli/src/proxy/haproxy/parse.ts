/** A line of haproxy.cfg. */
export interface HaproxyLine {
  readonly words: readonly string[];
  readonly line: number;
  readonly text: string;
}

/** `frontend web` and what follows it. */
export interface Section {
  readonly kind: string;
  readonly name: string;
  readonly head: HaproxyLine;
  readonly lines: readonly HaproxyLine[];
  /** The `defaults` that hold for it. */
  readonly defaults: Section | undefined;
}

const kinds = new Set(
  "global defaults frontend backend listen resolvers peers userlist cache program ring http-errors mailers log-forward fcgi-app crt-store traces".split(
    " ",
  ),
);

/** Reads the sections of a configuration. Total: what is no section is left out. Conditions (`.if`) are taken as if all of them held. */
export function parseHaproxy(text: string): readonly Section[] {
  const sections: (Section & { lines: HaproxyLine[] })[] = [];
  let latest: Section | undefined;
  for (const [at, raw] of text.split("\n").entries()) {
    const words = wordsOf(raw);
    const [kind] = words;
    if (kind === undefined || kind.startsWith(".")) continue;
    const line: HaproxyLine = { words, line: at + 1, text: raw.trim() };
    // Sections may be indented too.
    if (!kinds.has(kind) || (kind === "cache" && /^\s/.test(raw))) {
      sections.at(-1)?.lines.push(line);
      continue;
    }
    const [, name = ""] = words;
    const from = words[words.indexOf("from") + 1];
    const named = words.includes("from")
      ? sections.find((each) => each.kind === "defaults" && each.name === from)
      : undefined;
    const section = { kind, name, head: line, lines: [], defaults: kind === "defaults" ? named : (named ?? latest) };
    sections.push(section);
    if (kind === "defaults") latest = section;
  }
  return sections;
}

/** What a backslash takes its meaning from. Before anything else, as in a regular expression, it stays. */
const escaped: ReadonlySet<string> = new Set([" ", "#", "\\", '"', "'", "$"]);

/** The words of a line: quotes and backslashes are taken away, comments too. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && escaped.has(line.charAt(at + 1)))
        word = (word ?? "") + line.charAt(++at);
      else word = (word ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (char === "\\" && escaped.has(line.charAt(at + 1))) word = (word ?? "") + line.charAt(++at);
    else if (char === "#") break;
    else if (char === " " || char === "\t" || char === "\r") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The lines of a section that begin with these words; where it has none, those of its defaults. */
export function settingsOf(section: Section, ...names: readonly string[]): readonly HaproxyLine[] {
  for (let at: Section | undefined = section; at !== undefined; at = at.defaults) {
    const found = at.lines.filter(({ words }) => names.every((name, place) => words[place] === name));
    if (found.length > 0) return found;
  }
  return [];
}

const units: ReadonlyMap<string, number> = new Map([
  ["us", 1e-6],
  ["ms", 1e-3],
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** HAProxy's times, in seconds: `30s`, `1h`, and `5000`, which are milliseconds. */
export function timeOf(text: string | undefined): number | undefined {
  const [, count, unit = "ms"] = /^(\d+)(us|ms|[smhd])?$/.exec(text ?? "") ?? [];
  return count === undefined ? undefined : Number(count) * (units.get(unit) ?? 0);
}
