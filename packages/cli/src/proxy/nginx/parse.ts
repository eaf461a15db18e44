import { bareWord, isSpace, lineEnd, luaEnd, quotedWord, type Word } from "./words.ts";

/** One directive: `proxy_pass http://app;`, or a block. */
export interface Directive {
  readonly name: string;
  /** What follows the name, without quotes and escapes. */
  readonly args: readonly string[];
  readonly file: string;
  /** Of the name's first character, from 1. */
  readonly line: number;
  readonly column: number;
  /** From the name's line to the last argument's, as written. */
  readonly text: string;
  /** What stands between `{` and `}`. The code of a Lua block is not read: it has an empty list. */
  readonly block?: readonly Directive[];
}

/** Why nginx would refuse the file. */
export interface SyntaxProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The line, as written. */
  readonly text: string;
}

export interface Parsed {
  /** What could be understood, which is everything where there are no problems. */
  readonly directives: readonly Directive[];
  readonly problems: readonly SyntaxProblem[];
}

/** Blocks deeper than this are not read: nginx's own contexts end long before. */
const deepest = 32;

interface Open {
  readonly directives: Directive[];
  /** What opened it; `undefined` for the file. */
  readonly owner: Owner | undefined;
}

interface Owner {
  readonly words: readonly Word[];
  readonly start: number;
}

/**
 * Reads a file by nginx's grammar: words, quotes, escapes, comments, blocks. Total: it never throws, whatever the text, and takes time in
 * proportion to it.
 *
 * @param file how the file is to be called in places
 */
export function parseNginx(text: string, file: string): Parsed {
  const steps = parseSteps(text, file);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** How many characters are read in one step. */
const stepLength = 100_000;

/** Reads the file as `parseNginx` does, and yields now and then, so that the work can be interrupted. */
export function* parseSteps(text: string, file: string): Generator<void, Parsed> {
  const position = positions(text);
  const problems: SyntaxProblem[] = [];
  const stack: [Open, ...Open[]] = [{ directives: [], owner: undefined }];
  const top = () => stack.at(-1) ?? stack[0];
  let words: Word[] = [];
  let start = 0;
  let end = 0;
  let at = 0;

  const problem = (offset: number, message: string) => {
    const { line, column } = position.of(offset);
    problems.push({ message, line, column, text: position.lineText(line) });
  };
  const finish = (block?: readonly Directive[], owner: Owner = { words, start }, until: number = end) => {
    const [name, ...args] = owner.words;
    if (name === undefined) return;
    const { line, column } = position.of(owner.start);
    top().directives.push({
      name: name.value,
      args: args.map(({ value }) => value),
      file,
      line,
      column,
      text: position.linesText(line, position.of(until).line),
      ...(block === undefined ? {} : { block }),
    });
  };

  let pause = stepLength;
  while (at < text.length) {
    if (at > pause) {
      yield;
      pause = at + stepLength;
    }
    const char = text.charAt(at);
    if (isSpace(char) || char === "\uFEFF") {
      at++;
    } else if (char === "#") {
      at = lineEnd(text, at);
    } else if (char === ";") {
      if (words.length === 0) problem(at, 'unexpected ";"');
      finish();
      words = [];
      at++;
    } else if (char === "{") {
      if (words.length === 0) problem(at, 'unexpected "{"');
      if (words[0]?.value.endsWith("_by_lua_block") === true) {
        const after = luaEnd(text, at);
        if (after === undefined) problem(at, 'the Lua block is not closed: "}" is missing');
        finish([]);
        at = after ?? text.length;
      } else {
        if (stack.length > deepest) {
          problem(at, `more than ${deepest} blocks within each other`);
          words = [];
          break;
        }
        stack.push({ directives: [], owner: { words, start } });
        at++;
      }
      words = [];
    } else if (char === "}") {
      if (words.length > 0) problem(at, `";" is missing after ${quote(words.at(-1)?.value ?? "")}`);
      finish();
      words = [];
      const closed = stack.length > 1 ? stack.pop() : undefined;
      if (closed === undefined) problem(at, 'unexpected "}": no block is open');
      else if (closed.owner !== undefined) finish(closed.directives, closed.owner, closed.owner.start);
      at++;
    } else {
      if (words.length === 0) start = at;
      const read = char === '"' || char === "'" ? quotedWord(text, at) : bareWord(text, at);
      if (read.closed) words.push(read.word);
      else {
        problem(at, `the quote ${char} is not closed`);
        words = [];
      }
      end = read.end - 1;
      at = read.end;
    }
  }
  if (words.length > 0) {
    problem(start, `the file ends before the ";" of ${quote(words[0]?.value ?? "")}`);
    finish();
  }
  while (stack.length > 1) {
    const open = stack.pop();
    if (open?.owner === undefined) continue;
    problem(open.owner.start, `the block ${quote(open.owner.words[0]?.value ?? "")} is not closed: "}" is missing`);
    finish(open.directives, open.owner, open.owner.start);
  }
  return { directives: stack[0].directives, problems };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Turns offsets into lines and columns. */
function positions(text: string) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const linesText = (first: number, last: number) =>
    text.slice(starts[first - 1] ?? 0, (starts[last] ?? text.length + 1) - 1).replace(/\r$/, "");
  return {
    of: (offset: number) => {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    },
    linesText,
    lineText: (line: number) => linesText(line, line),
  };
}
