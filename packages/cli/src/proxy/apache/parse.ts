/** One directive of httpd.conf. */
export interface ApacheLine {
  /** In lower case: Apache does not tell letters apart. */
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  readonly text: string;
  /** The containers around it, the outermost first: `<VirtualHost *:443>`, `<Location /ws>`. */
  readonly within: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  readonly text: string;
}

/** A container that is not closed, or one that was not open. */
export interface ApacheProblem {
  readonly line: number;
  readonly text: string;
  readonly message: string;
}

/** Reads a file by Apache's grammar: a directive a line, lines that go on after a backslash, quoted words, containers. Total. */
export function parseApache(text: string): {
  readonly lines: readonly ApacheLine[];
  readonly problems: readonly ApacheProblem[];
} {
  const lines: ApacheLine[] = [];
  const problems: ApacheProblem[] = [];
  let open: readonly Container[] = [];
  for (const { line, text: raw } of joined(text)) {
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, closing] = /^<\/\s*(\w+)\s*>/.exec(trimmed) ?? [];
    const [, opening, rest] = /^<(\w+)\s*([^]*?)>?$/.exec(trimmed) ?? [];
    if (closing !== undefined) {
      const last = open.at(-1);
      if (last?.name !== closing.toLowerCase())
        problems.push({
          line,
          text: trimmed,
          message:
            last === undefined ? `</${closing}> closes nothing` : `<${last.name}> of line ${last.line} is not closed`,
        });
      const at = open.findLastIndex(({ name }) => name === closing.toLowerCase());
      open = at === -1 ? open : open.slice(0, at);
    } else if (opening !== undefined)
      open = [...open, { name: opening.toLowerCase(), args: wordsOf(rest ?? ""), line, text: trimmed }];
    else {
      const [name = "", ...args] = wordsOf(trimmed);
      lines.push({ name: name.toLowerCase(), args, line, text: trimmed, within: open });
    }
    if (open.length > 64) break;
  }
  for (const { name, line, text: shown } of open)
    problems.push({ line, text: shown, message: `<${name}> is not closed` });
  return { lines, problems };
}

/** Lines, with those that end in a backslash joined to the next. */
function* joined(text: string): Generator<{ readonly line: number; readonly text: string }> {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  for (let at = 0; at < lines.length; at++) {
    const first = at;
    const parts = [lines[at] ?? ""];
    while ((parts.at(-1) ?? "").endsWith("\\") && at + 1 < lines.length) {
      parts.push((parts.pop() ?? "").slice(0, -1));
      parts.push(lines[++at] ?? "");
    }
    yield { line: first + 1, text: parts.join("") };
  }
}

/** Words, with the quotes taken away. A backslash before the quote keeps it. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\[^])*)"?|'((?:[^'\\]|\\[^])*)'?|[^\s"']\S*/g)].map(([word, double, single]) =>
    double === undefined && single === undefined ? word : (double ?? single ?? "").replaceAll(/\\(["'])/g, "$1"),
  );
}

/** Containers whose contents hold as if they stood outside. */
const transparent =
  /^(?:ifmodule|ifdefine|ifversion|iffile|ifdirective|ifsection|requireall|requireany|proxy|directory|macro)$/;

/** The containers around a line that decide when it holds, such as `<VirtualHost>` and `<Location>`. */
export function conditionsOf({ within }: ApacheLine): readonly Container[] {
  return within.filter(({ name }) => !transparent.test(name));
}
