import type { HaproxyLine, Section } from "./parse.ts";

/** The `acl` lines that a section can use, by their names. */
export type Acls = ReadonlyMap<string, readonly HaproxyLine[]>;

export function aclsOf(section: Section): Acls {
  const found = new Map<string, HaproxyLine[]>();
  for (let at: Section | undefined = section; at !== undefined; at = at.defaults)
    for (const line of at.lines) {
      const [keyword, name] = line.words;
      if (keyword !== "acl" || name === undefined) continue;
      found.set(name, [...(found.get(name) ?? []), line]);
    }
  return found;
}

/** What a line's condition says of a handshake: it holds, it does not, or that cannot be told. */
export type Truth = "always" | "handshake" | "never" | "unknown";

const asksForUpgrade = /\b(?:req\.)?f?hdr(?:_\w+)?\((?:upgrade|sec-websocket-[\w-]+|connection)/i;

/** Whether a line applies to handshakes, by its `if` or `unless`. */
export function truthOf({ words }: HaproxyLine, acls: Acls): Truth {
  const at = words.findLastIndex((word) => word === "if" || word === "unless");
  if (at === -1) return "always";
  const terms = termsOf(words.slice(at + 1));
  // Alternatives are not followed.
  if (terms.some((term) => term === "or" || term === "||")) return "unknown";
  const truths = new Set(terms.map((term) => termTruth(term, acls)));
  const all: Truth = truths.has("never") ? "never" : truths.has("unknown") ? "unknown" : "handshake";
  if (words[at] === "if") return all;
  return all === "handshake" ? "never" : all === "never" ? "handshake" : "unknown";
}

function termTruth(term: string, acls: Acls): Truth {
  const negated = term.startsWith("!");
  const name = term.replace(/^!\s*/, "");
  const definition = name.startsWith("{")
    ? name
    : (acls.get(name) ?? []).map(({ words }) => words.slice(2).join(" ")).join("\n");
  if (!asksForUpgrade.test(definition)) return "unknown";
  // `hdr(Upgrade) -i h2c` has nothing to do with sockets.
  if (!/websocket|upgrade\)?\s+-m\s+found|upgrade$|_cnt|found/i.test(definition)) return "unknown";
  return negated ? "never" : "handshake";
}

/** The terms of a condition: names, and `{ ... }` as one. */
function termsOf(words: readonly string[]): readonly string[] {
  const terms: string[] = [];
  let depth = 0;
  for (const word of words) {
    if (depth > 0 || terms.at(-1) === "!") terms.push(`${terms.pop() ?? ""} ${word}`);
    else terms.push(word);
    if (/^!?\{$/.test(word)) depth++;
    if (word === "}") depth--;
  }
  return terms;
}

/** Whether a `use_backend` or a bind leads to what looks like a socket's backend. */
export function meansSockets(line: HaproxyLine, acls: Acls, isSocketPath: (path: string) => boolean): boolean {
  const at = line.words.findIndex((word) => word === "if" || word === "unless");
  if (at === -1) return false;
  return termsOf(line.words.slice(at + 1)).some((term) => {
    if (term.startsWith("!")) return false;
    const definition = term.startsWith("{")
      ? term
      : (acls.get(term) ?? []).map(({ words }) => words.slice(2).join(" ")).join("\n");
    return asksForUpgrade.test(definition) || (/\bpath/.test(definition) && definition.split(/\s+/).some(isSocketPath));
  });
}
