import { printable } from "../printable.ts";

const maxLength = 65_536;
const maxLines = 500;
const maxShown = 400;

/**
 * The lines of what was pasted, without empty ones. Of a longer text than 64 KiB, or 500 lines, only the beginning counts: a console says the
 * same again and again.
 */
export function linesOf(text: string): readonly string[] {
  return text
    .slice(0, maxLength)
    .split(/\r\n|\r|\n/, maxLines)
    .map((line) => line.replace(colours, "").trim())
    .filter((line) => line !== "");
}

/** Makes a line fit to be shown and to be put into a bug report: secrets out, nothing in it that moves a cursor, not too long. */
export function shown(line: string): string {
  const safe = printable(redact(line));
  return safe.length > maxShown ? `${safe.slice(0, maxShown).replace(halfLetter, "")}…` : safe;
}

/** Takes out what could let a reader in: query strings, fragments, passwords, cookies, `Authorization`, tokens and what looks like one. */
export function redact(text: string): string {
  return text
    .replace(urls, withoutFragment)
    .replace(headers, `$1$2${redacted}`)
    .replace(schemes, `$1 ${redacted}`)
    .replace(userInfo, `://${redacted}@`)
    .replace(query, `?${redacted}`)
    .replace(pairs, `$1$2${redacted}`)
    .replace(jwt, redacted)
    .replace(longWord, (word) => (/\d/.test(word) ? redacted : word));
}

/**
 * What patterns are compared with: lower case, one kind of quote (`'`), single spaces, and `<url>` for each URL, since browsers differ in the
 * quotes they use and URLs in everything.
 */
export function normalise(line: string): string {
  return line
    .replace(urls, (url) => `<url>${url.slice(trimmed(url).length)}`)
    .toLowerCase()
    .replace(escapedQuotes, "'")
    .replace(quotes, "'")
    .replace(/\s+/g, " ")
    .trim();
}

/** The URLs of a line in order, as written. */
export function urlsOf(line: string): readonly string[] {
  return (line.match(urls) ?? []).map(trimmed);
}

/** Without the dot or bracket of the sentence around it. */
function trimmed(url: string): string {
  let end = url.length;
  while (end > 0 && ".,;:!)]}…".includes(url.charAt(end - 1))) end--;
  // The bracket of an IPv6 address with nothing behind it is its own.
  const open = url.lastIndexOf("[", end);
  return url.charAt(end) === "]" && open > url.lastIndexOf("/", end) ? url.slice(0, end + 1) : url.slice(0, end);
}

function withoutFragment(url: string): string {
  const hash = url.indexOf("#");
  return hash < 0 ? url : `${url.slice(0, hash)}#${redacted}`;
}

const redacted = "[redacted]";
// Each of them runs through a text once: no part of it can be read in two ways, or its repetition is bounded.
// oxlint-disable-next-line no-control-regex
const colours = /\u001b\[[0-9;]*[A-Za-z]/g;
const halfLetter = /[\ud800-\udbff]$/;
/** Within a log in JSON. */
const escapedQuotes = /\\{1,8}["']/g;
const quotes = /["'`´‘’‚‛“”„‟′″«»‹›]/g;
const urls = /\b(?:wss?|https?|ftp):\/\/[^\s"'`‘’“”„«»<>]+/gi;
const headers =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z]{1,16}-?(?:key|token)|sec-websocket-(?:key|protocol))(["'’”]?\s{0,4}[:=]\s{0,4}["'‘“]?)[^\r\n]+/gi;
const schemes = /\b(bearer|basic|digest|negotiate)\s{1,4}[^\s"'’”,;]{6,}/gi;
const userInfo = /:\/\/[^\s/"'?#]{1,256}@/g;
const query = /\?[^\s"'’”<>]+/g;
const pairs =
  /\b(access_?token|id_?token|refresh_?token|auth_?token|token|ticket|password|passwd|pwd|secret|api_?key|session_?id|session|sid)(["'’”]?\s?[:=]\s?["'‘“]?)[^\s"'’”&,;)}\]]+/gi;
const jwt = /eyJ[\w.-]+/g;
const longWord = /[\w-]{32,}/g;
