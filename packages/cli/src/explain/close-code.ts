import type { Entry } from "./entry.ts";
import { applicationCloses } from "./meanings/closes-application.ts";
import { closeMeanings, closeNames } from "./meanings/close-codes.ts";
import { reservedClose, standardCloses } from "./meanings/closes-standard.ts";
import { type Message, numberAt } from "./message.ts";
import { normalise } from "./text.ts";

/** A number after one of these, in a normalised line, is a close code. Those of the first list alone may bring one that is never sent. */
const certain: readonly string[] = [
  "close code",
  "closecode",
  "closed with code",
  "closed with event",
  "closed with",
  "closeevent",
  "close frame",
  "closeframe",
  "closestatus[code",
  "closereason: code",
  "websocket: close",
  "websocketclose",
  "close(",
  "closed:",
  "close:",
  "closed (",
  "close status",
];
const likely: readonly string[] = [
  "code",
  "received",
  "sent",
  "disconnected",
  "disconnect",
  "status",
  "wsclosed",
  "event",
  "closed",
  "close",
  "error",
  "library(",
];

/** What libraries and RFC 6455 call a code, as words. Those that mean other things as well stand in `ambiguous`. */
const named: readonly (readonly [name: string, code: number])[] = [
  ["abnormal closure", 1006],
  ["close abnormal", 1006],
  ["normal closure", 1000],
  ["close normal", 1000],
  ["going away", 1001],
  ["endpoint unavailable", 1001],
  ["close protocol error", 1002],
  ["status protocol error", 1002],
  ["unsupported data", 1003],
  ["invalid message type", 1003],
  ["no status received", 1005],
  ["no status rcvd", 1005],
  ["invalid frame payload data", 1007],
  ["invalid payload data", 1007],
  ["status policy violation", 1008],
  ["message too big", 1009],
  ["mandatory extension", 1010],
  ["status internal error", 1011],
  ["service restart", 1012],
  ["try again later", 1013],
];
const ambiguous: readonly (readonly [name: string, code: number])[] = [
  ["policy violation", 1008],
  ["protocol error", 1002],
  ["internal server error", 1011],
  ["internal error", 1011],
  // tungstenite's names, as in `CloseFrame { code: Policy, … }`.
  ["code: normal", 1000],
  ["code: away", 1001],
  ["code: protocol", 1002],
  ["code: unsupported", 1003],
  ["code: abnormal", 1006],
  ["code: invalid", 1007],
  ["code: policy", 1008],
  ["code: size", 1009],
  ["code: extension", 1010],
  ["code: error", 1011],
  ["code: restart", 1012],
  ["code: again", 1013],
];

/** The close code that a line names. */
export function closeCodeIn({ plain, raw }: Message): number | undefined {
  const first = /^\[?([0-9]{4,5})\]?(?=$|[.:,;)\s(-])/.exec(plain)?.[1];
  const whole = first === undefined ? undefined : Number.parseInt(first, 10);
  // A number and nothing else, or one that is followed by its name.
  if (whole !== undefined && whole >= 1000 && whole <= 65_535) {
    if (/^\[?[0-9]{4,5}\]?\.?$/.test(plain) || codeNamedIn(raw) === whole) return whole;
  }
  return (
    after(plain, certain, (code) => code >= 1000) ??
    after(plain, likely, isAssigned) ??
    numberBeforeName(plain) ??
    codeNamedIn(raw)
  );
}

/** `1006 (abnormal closure)`, wherever it stands. */
function numberBeforeName(plain: string): number | undefined {
  for (const [name, code] of [...named, ...ambiguous]) {
    const index = plain.indexOf(name);
    const number = index < 5 ? undefined : numberAt(plain, plain.lastIndexOf(String(code), index), 4);
    if (number === code && index - plain.lastIndexOf(String(code), index) < 9) return code;
  }
  return undefined;
}

/** `ABNORMAL_CLOSURE`, `StatusPolicyViolation`, `abnormal closure`. */
function codeNamedIn(raw: string): number | undefined {
  const words = normalise(raw.replace(/([a-z])(?=[A-Z])/g, "$1 ").replaceAll("_", " "));
  const found = named.find(([name]) => words.includes(name));
  if (found !== undefined) return found[1];
  if (!/\bclose|websocket/.test(words)) return undefined;
  return ambiguous.find(([name]) => words.includes(name))?.[1];
}

function after(plain: string, words: readonly string[], fits: (code: number) => boolean): number | undefined {
  for (const word of words) {
    for (let index = plain.indexOf(word); index >= 0; index = plain.indexOf(word, index + word.length)) {
      const start = pastPunctuation(plain, index + word.length);
      const code = numberAt(plain, start, 4);
      if (code !== undefined && fits(code)) return code;
    }
  }
  return undefined;
}

/** Past `: (`, `='`, ` {code: `, `.abnormal: `: a few characters, so that the number belongs to the word. */
function pastPunctuation(plain: string, start: number): number {
  let index = start;
  while (index < start + 6 && index < plain.length && " :=('{[,#<".includes(plain.charAt(index))) index++;
  if (!plain.startsWith("code", index)) return index;
  index += 4;
  while (index < start + 14 && index < plain.length && " :='[(".includes(plain.charAt(index))) index++;
  return index;
}

function isAssigned(code: number): boolean {
  return (code >= 1000 && code <= 1015) || (code >= 3000 && code <= 4999);
}

const closes = [...standardCloses, ...applicationCloses];

export function entryOfClose(code: number): Entry {
  return closes.find(([covers]) => covers(code))?.[1] ?? reservedClose;
}

/** What the code means, then what to do. */
export function linesOfClose(code: number, entry: Entry, message: Message): readonly string[] {
  return [...(closeMeanings.get(code) ?? [`${code}: ${kindOf(code)}`]), ...entry.lines(message)];
}

function kindOf(code: number): string {
  if (code >= 4000 && code < 5000) return "for applications: only the server's own documentation knows.";
  if (code >= 3000 && code < 4000) return "for libraries and frameworks: see the documentation of the one in use.";
  return closeNames.get(code) ?? "not assigned, or never to be sent.";
}

export const closeEntries: readonly Entry[] = [...closes.map(([, entry]) => entry), reservedClose];
