/** A registered name, or an address in the form that browsers serialise. */
export type HostKind = "name" | "ipv4" | "ipv6";

/** A host and a port, both as text; the port is `""` if there is none. */
export interface Authority {
  readonly host: string;
  readonly port: string;
  readonly kind: HostKind;
}

/** RFC 1035 section 2.3.4. */
const maxNameLength = 253;
const maxLabelLength = 63;

const colon = 58;
const dot = 46;
const hyphen = 45;
const plus = 43;
const dollar = 36;

/** What each octet may be in a name: part of a label, or the dot between two. A table, because it is read for every octet of every Origin. */
const inLabel = 1;
const betweenLabels = 2;
const nameParts = new Uint8Array(128);
for (const char of "abcdefghijklmnopqrstuvwxyz0123456789-_+$") nameParts[char.charCodeAt(0)] = inLabel;
nameParts[dot] = betweenLabels;

/**
 * Parses `host [":" port]`: a lower-case name, an IPv4 address or a bracketed IPv6 address. Returns `undefined` for everything else; nothing
 * is repaired, since two parsers that repair differently disagree on the origin.
 *
 * Sources: Fetch, "Origin header" ABNF; RFC 9110 section 7.2. Also allows underscore, `+` and `$`, which browsers send.
 */
export function parseAuthority(text: string): Authority | undefined {
  const bracketed = text.startsWith("[");
  const end = bracketed ? text.indexOf("]") + 1 : endOfName(text);
  const host = end === text.length ? text : text.slice(0, end);
  const kind = bracketed ? classifyBracketed(host) : classifyName(host);
  if (kind === undefined) return undefined;
  if (end === text.length) return { host, port: "", kind };
  const port = text.slice(end + 1);
  return text.charCodeAt(end) === colon && isPort(port) ? { host, port, kind } : undefined;
}

/** Longer than any Host that could match: 253 octets of name, brackets, port. */
const maxHostLength = 300;

/** Parses a Host value. People type it and proxies write it: unlike in Origin, case does not matter (RFC 9110 section 4.2.3). */
export function parseHost(host: string): Authority | undefined {
  if (host.length > maxHostLength) return undefined;
  // ASCII only: `toLowerCase` alone turns U+212A, the Kelvin sign, into "k".
  return parseAuthority(/[A-Z]/.test(host) ? host.replace(/[A-Z]+/g, (upper) => upper.toLowerCase()) : host);
}

/** 1 to 65535, no leading zero. */
export function isPort(text: string): boolean {
  if (text.length === 0 || text.length > 5 || text.startsWith("0")) return false;
  for (let index = 0; index < text.length; index++) if (!isDigit(text.charCodeAt(index))) return false;
  return Number(text) <= 65535;
}

/** Whether every label is letters, digits, hyphens and underscores, with no hyphen at its edge: the names that a star may match. */
export function isPlainName(text: string): boolean {
  let before = dot;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === plus || code === dollar) return false;
    if (before === dot ? code === dot || code === hyphen : before === hyphen && code === dot) return false;
    before = code;
  }
  return before !== dot && before !== hyphen;
}

function classifyBracketed(host: string): HostKind | undefined {
  return host.endsWith("]") && isIPv6(host.slice(1, -1)) ? "ipv6" : undefined;
}

/** Tells a name whose octets and labels are right from an address. */
function classifyName(host: string): HostKind | undefined {
  if (host === "" || host.length > maxNameLength) return undefined;
  // A name whose last label is a number is an IPv4 address to every URL parser: `127.1`, `0x7f.1` and `10.0.2.555` are not names.
  const last = host.lastIndexOf(".") + 1;
  if (!isDigit(host.charCodeAt(last)) || !isNumeric(host.slice(last))) return "name";
  return isIPv4(host) ? "ipv4" : undefined;
}

/** Returns where the name at the start of a text ends: before the first octet that is invalid, or that makes a label empty or too long. */
function endOfName(text: string): number {
  let label = 0;
  for (let index = 0; index < text.length; index++) {
    const part = nameParts[text.charCodeAt(index)];
    if (part === inLabel && label < maxLabelLength) label++;
    else if (part === betweenLabels && label > 0) label = 0;
    else return label === 0 ? 0 : index;
  }
  return label === 0 ? 0 : text.length;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The URL standard's "ends in a number": digits, or `0x` and hexadecimal digits. */
function isNumeric(label: string): boolean {
  return /^(?:\d+|0x[\da-f]*)$/.test(label);
}

function isIPv4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 5952 section 4: lower case, no leading zero, `::` for the first longest run of two zero groups or more, and only there. */
function isIPv6(text: string): boolean {
  if (text.length > 39) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const [left = [], right] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const written = [...left, ...(right ?? [])];
  if (!written.every((group) => /^(?:0|[1-9a-f][\da-f]{0,3})$/.test(group))) return false;
  if (right === undefined) return written.length === 8 && longestZeroRun(written).length < 2;
  if (written.length > 6) return false;
  const groups = [...left, ...Array<string>(8 - written.length).fill("0"), ...right];
  const run = longestZeroRun(groups);
  return run.start === left.length && run.length === 8 - written.length;
}

function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
