import { faultOfShared, isShared } from "./shared-names.ts";

type Atom =
  | { readonly kind: "text"; readonly text: string }
  /** Anything that matches more than one text: `.`, `\w`, `[^/]`, with `many` where it may be repeated. */
  | { readonly kind: "any"; readonly many: boolean; readonly dot: boolean; readonly digits: boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

type Way = readonly Atom[];

const most = 256;

/**
 * Looks for what lets foreign origins through: a missing `^` or `$`, a dot that is not escaped, and a name before the domain without a dot.
 * Says nothing of patterns that it does not understand, or that compare no host.
 */
export function faultOf(source: string): string | undefined {
  const ways = waysOf(source);
  if (ways === undefined) return undefined;
  const compared = ways.filter((way) => comparesHost(way));
  if (compared.length === 0) return ways.some((way) => takesAll(way)) ? "it matches every origin" : undefined;
  for (const check of [openStart, openEnd, looseDot, looseName, anyEnd, anyOwner]) {
    for (const way of compared) {
      const fault = check(way);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** The names of hosts that a pattern holds: `example.com`. */
export function hostIn(source: string): string | undefined {
  const text = source.replaceAll(/\\([./:-])/g, "$1").replaceAll(/[?^$()]|\.[*+]/g, "");
  return /(?:^|[^a-z0-9-])((?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,})(?![a-z0-9-])/i.exec(text)?.[1]?.toLowerCase();
}

/** Whether there is more in it than a scheme and marks. */
function comparesHost(way: Way): boolean {
  const text = way.map((atom) => (atom.kind === "text" ? atom.text : "")).join("");
  const rest = text.replace(/^(?:https?|wss?|[a-z]+-extension|file)?(?=:)/, "").replace(/^:\/{0,2}/, "");
  if (/^(?:https?|wss?)$/.test(rest)) return false;
  return /[a-z]{2}/i.test(rest);
}

function takesAll(way: Way): boolean {
  const parts = way.filter(({ kind }) => kind !== "start" && kind !== "end");
  return parts.length === 1 && parts.every((part) => part.kind === "any" && part.dot && part.many);
}

function openStart(way: Way): string | undefined {
  const [first, second] = way;
  if (first?.kind === "start" || (first?.kind === "text" && /^[./:]/.test(first.text))) return undefined;
  // `(^|\.)example\.com$` is one way with each.
  if (first?.kind === "any" && first.many && second?.kind === "text" && /^[./:]/.test(second.text)) return undefined;
  return "without ^ at its start it matches what merely contains the name, as https://evil.test?... or https://evilexample.com do";
}

function openEnd(way: Way): string | undefined {
  const last = way.at(-1);
  if (last?.kind === "end" || afterPort(way)) return undefined;
  return "without $ at its end it matches https://app.example.com.evil.test as well";
}

/** Nothing but digits comes after the colon of a port, and nothing of a host after a slash. */
function afterPort(way: Way): boolean {
  const text = way.map((atom) => (atom.kind === "text" ? atom.text : "\u0000")).join("");
  return /[:/]/.test(text.replace(/^[^:]*:\/\//, ""));
}

function looseDot(way: Way): string | undefined {
  for (const [index, atom] of way.entries()) {
    const before = way[index - 1];
    const after = way[index + 1];
    if (atom.kind !== "any" || !atom.dot || atom.many) continue;
    if (
      before?.kind === "text" &&
      /[a-z0-9]$/i.test(before.text) &&
      after?.kind === "text" &&
      /^[a-z]/i.test(after.text)
    )
      return "a dot that is not escaped stands for any character, so it matches https://appXexample.com as well";
  }
  return undefined;
}

function looseName(way: Way): string | undefined {
  for (const [index, atom] of way.entries()) {
    const after = way[index + 1];
    if (atom.kind !== "any" || !atom.many || atom.digits || after?.kind !== "text" || !/^[a-z0-9]/i.test(after.text))
      continue;
    const rest = way
      .slice(index + 1)
      .map((each) => (each.kind === "text" ? each.text : each.kind === "any" ? "*" : ""));
    const host = /^[a-z0-9.-]*/i.exec(rest.join(""))?.[0] ?? "";
    if (host.split(".").length <= 2)
      return "no dot stands before the domain, so it matches https://evilexample.com as well";
  }
  return undefined;
}

/** A name that is free up to a suffix below which anybody gets one. */
function anyOwner(way: Way): string | undefined {
  const at = way.findLastIndex(({ kind }) => kind === "any");
  const last = way
    .slice(at + 1)
    .map((atom) => (atom.kind === "text" ? atom.text : ""))
    .join("");
  const free = way[at];
  // The digits of a port come last.
  if (free?.kind !== "any" || free.digits) return undefined;
  const host = /^\.([a-z0-9.-]+)/i.exec(last)?.[1];
  return host !== undefined && isShared(host) ? faultOfShared(host) : undefined;
}

function anyEnd(way: Way): string | undefined {
  const last = way.at(-2);
  if (last?.kind !== "any" || !last.many || last.digits || afterPort(way)) return undefined;
  return "whatever comes after the name is let in: https://app.example.com.evil.test";
}

/** Every way through a pattern, its optional parts there or not. Nothing where there are too many, or what is not known here. */
function waysOf(source: string): Way[] | undefined {
  const reader = new Reader(source);
  const ways = reader.alternatives();
  return reader.done && ways !== undefined ? ways.map(joined) : undefined;
}

/** Letters that follow each other as one text. */
function joined(way: Way): Way {
  const atoms: Atom[] = [];
  for (const atom of way) {
    const last = atoms.at(-1);
    if (atom.kind === "text" && last?.kind === "text")
      atoms[atoms.length - 1] = { kind: "text", text: last.text + atom.text };
    else atoms.push(atom);
  }
  return atoms;
}

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at === this.#source.length;
  }

  alternatives(): Way[] | undefined {
    if (++this.#depth > 30) return undefined;
    const all: Way[] = [];
    do {
      const ways = this.#sequence();
      if (ways === undefined) return undefined;
      all.push(...ways);
      if (all.length > most) return undefined;
    } while (this.#take("|"));
    this.#depth -= 1;
    return all;
  }

  #sequence(): Way[] | undefined {
    let ways: Way[] = [[]];
    while (!this.done && !this.#sees("|") && !this.#sees(")")) {
      const parts = this.#part();
      if (parts === undefined) return undefined;
      const longer: Way[] = [];
      for (const way of ways) for (const part of parts) longer.push([...way, ...part]);
      if (longer.length > most) return undefined;
      ways = longer;
    }
    return ways;
  }

  #part(): Way[] | undefined {
    const atoms = this.#atom();
    if (atoms === undefined) return undefined;
    const count = /^(?:[*+?]|\{(\d*)(?:,(\d*))?\})\??/.exec(this.#source.slice(this.#at));
    if (count === null) return atoms;
    this.#at += count[0].length;
    const sign = count[0].charAt(0);
    const least = sign === "+" ? 1 : sign === "{" ? Number(count[1] ?? 0) : 0;
    const many = sign !== "?" && count[0] !== "{1}" && count[0] !== "{0,1}";
    const repeated = many ? atoms.map((way) => repeat(way)) : atoms;
    return least === 0 ? [...repeated, []] : repeated;
  }

  #atom(): Way[] | undefined {
    const char = this.#source.charAt(this.#at++);
    if (char === "^") return [[{ kind: "start" }]];
    if (char === "$") return [[{ kind: "end" }]];
    if (char === ".") return [[{ kind: "any", many: false, dot: true, digits: false }]];
    if (char === "(") return this.#group();
    if (char === "[") return this.#set();
    if (char === "\\") return this.#escape();
    return /[*+?{}\])]/.test(char) ? undefined : [[{ kind: "text", text: char }]];
  }

  #group(): Way[] | undefined {
    if (this.#take("?:")) return this.#closed(this.alternatives());
    const named = /^\?<[A-Za-z_$][\w$]*>/.exec(this.#source.slice(this.#at));
    if (named !== null) this.#at += named[0].length;
    else if (this.#sees("?")) return undefined;
    return this.#closed(this.alternatives());
  }

  #closed(ways: Way[] | undefined): Way[] | undefined {
    return this.#take(")") ? ways : undefined;
  }

  #set(): Way[] | undefined {
    const set = /^(?:\\[\s\S]|[^\]\\])*\]/.exec(this.#source.slice(this.#at))?.[0];
    if (set === undefined) return undefined;
    this.#at += set.length;
    const inner = set.slice(0, -1);
    if (/^\\?[^\w\s\\^]$/.test(inner)) return [[{ kind: "text", text: inner.slice(-1) }]];
    return [[{ kind: "any", many: false, dot: false, digits: /^(?:0-9|\\d|\d)+$/.test(inner) }]];
  }

  #escape(): Way[] | undefined {
    const char = this.#source.charAt(this.#at++);
    if (char === "b") return [[]];
    if (char === "d") return [[{ kind: "any", many: false, dot: false, digits: true }]];
    if (/[wWDsS]/.test(char)) return [[{ kind: "any", many: false, dot: char === "S", digits: false }]];
    return /[^A-Za-z0-9]/.test(char) ? [[{ kind: "text", text: char }]] : undefined;
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#sees(text)) return false;
    this.#at += text.length;
    return true;
  }
}

/** A part that may come more than once: one that is a single kind of character stays one, and what is more is taken once. */
function repeat(way: Way): Way {
  return way.map((atom) => (atom.kind === "any" ? { ...atom, many: true } : atom));
}
