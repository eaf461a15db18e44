import { type Handshake, readLines } from "../check/handshake.ts";
import { show } from "../explain/text.ts";

/** Where a policy looks for a token. Made by `bearerHeader()`, `bearerProtocol()`, `queryParam()`, `cookie()` and `firstMessage()`. */
export type TokenSource =
  | { readonly kind: "bearerHeader" | "bearerProtocol" }
  | { readonly kind: "queryParam" | "cookie"; readonly name: string }
  | FirstMessage;

export type TokenSourceKind = TokenSource["kind"];

export interface FirstMessage {
  readonly kind: "firstMessage";
  /** How long an open socket may take to send its token, in milliseconds. */
  readonly deadline: number;
  /** The longest such message, in bytes. */
  readonly maxBytes: number;
  /** Takes the token out of the text of the message; returns `undefined` if there is none. */
  readonly read: (message: string) => string | undefined;
}

/** `Authorization: Bearer <token>` (RFC 6750 section 2.1). For programs: pages cannot set it on a handshake. */
export function bearerHeader(): TokenSource {
  return Object.freeze({ kind: "bearerHeader" });
}

/**
 * A subprotocol `bearer.<token>` beside the app's own: `new WebSocket(url, ["chat.v1", "bearer." + token])`. The gate never chooses or echoes it.
 * Access logs may contain the field, so the token should be short-lived.
 */
export function bearerProtocol(): TokenSource {
  return Object.freeze({ kind: "bearerProtocol" });
}

/** A parameter of the query. Access logs and proxies keep query strings, so it should be a single-use ticket. */
export function queryParam(name: string): TokenSource {
  return Object.freeze({ kind: "queryParam", name });
}

/** A cookie. Browsers send it for every page: it identifies the user, not the page, and needs an Origin rule. */
export function cookie(name: string): TokenSource {
  return Object.freeze({ kind: "cookie", name });
}

/**
 * The first message on the open socket. Nothing else is read, and no handler runs, before the token is verified. Access logs do not contain it, but
 * every page that the Origin rule allows can hold a socket open until the deadline.
 *
 * @param options `deadline` in milliseconds (default 5000); `maxBytes`, the longest first message (default 4096); `read`, which takes the token
 *   out of the message's text (default: the whole text is the token)
 */
export function firstMessage(options: Partial<Omit<FirstMessage, "kind">> = {}): TokenSource {
  const { deadline = 5000, maxBytes = 4096, read = (message: string) => message } = options;
  return Object.freeze({ kind: "firstMessage", deadline, maxBytes, read });
}

/** Returns what is wrong with an entry of `token.from`, and how to write it. */
export function sourceProblem(source: unknown): string | undefined {
  const read = (name: string): unknown =>
    typeof source === "object" && source !== null ? Reflect.get(source, name) : undefined;
  const kind = read("kind");
  if (kind === "bearerHeader" || kind === "bearerProtocol") return undefined;
  if (kind === "queryParam" || kind === "cookie") {
    const name = read("name");
    const fits = typeof name === "string" && name !== "" && !/[\s;=,]/.test(name);
    return fits
      ? undefined
      : `${show(name)} is not a valid name. Write ${kind}("${kind === "cookie" ? "sid" : "ticket"}").`;
  }
  if (kind !== "firstMessage")
    return "it is not a source. Write bearerHeader(), bearerProtocol(), queryParam(name), cookie(name) or firstMessage().";
  const [deadline, maxBytes] = [read("deadline"), read("maxBytes")];
  if (!(typeof deadline === "number" && deadline > 0 && deadline <= 0x7fff_ffff))
    return `deadline is ${show(deadline)}; it must be milliseconds above 0: firstMessage({ deadline: 5000 }).`;
  if (!(typeof maxBytes === "number" && Number.isSafeInteger(maxBytes) && maxBytes > 0))
    return `maxBytes is ${show(maxBytes)}; it must be a whole number above 0: firstMessage({ maxBytes: 4096 }).`;
  return typeof read("read") === "function" ? undefined : "read must be a function that takes the message's text.";
}

/** The longest token, in characters. Node.js accepts 16 KiB of header fields in all. */
export const longestToken = 8192;

export type Finding =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly token: string; readonly source: TokenSourceKind }
  | { readonly kind: "wrong"; readonly code: "token-ambiguous" | "token-malformed"; readonly note: string };

/** A token where it was found; `undefined` if what was found cannot be a token. */
interface Candidate {
  readonly source: TokenSourceKind;
  readonly token: string | undefined;
  /** What is wrong with it. Contains no part of it. */
  readonly note: string;
}

/** Looks in every source. Two tokens are ambiguous: which one another part of the system would use cannot be known. */
export function findToken(handshake: Handshake, sources: readonly TokenSource[]): Finding {
  const found = sources.flatMap((source) => candidates(handshake, source));
  const [first] = found;
  if (first === undefined) return { kind: "none" };
  if (found.length > 1) {
    return { kind: "wrong", code: "token-ambiguous", note: `${found.length} tokens: ${placesOf(found)}.` };
  }
  const { token, source, note } = first;
  if (token === undefined) return { kind: "wrong", code: "token-malformed", note: `${source}: ${note}` };
  if (token === "" || token.length > longestToken) {
    const size = token === "" ? "It is empty." : `It is longer than ${longestToken} characters.`;
    return { kind: "wrong", code: "token-malformed", note: `${source}: ${size}` };
  }
  return { kind: "found", token, source };
}

/** Each source once, with the number of its tokens: a client can send thousands. */
function placesOf(found: readonly Candidate[]): string {
  const counts = new Map<TokenSourceKind, number>();
  for (const { source } of found) counts.set(source, (counts.get(source) ?? 0) + 1);
  return Array.from(counts, ([source, count]) => `${count} from ${source}`).join(", ");
}

function candidates(handshake: Handshake, source: TokenSource): readonly Candidate[] {
  switch (source.kind) {
    case "bearerHeader":
      return readLines(handshake, "authorization").flatMap(bearerToken);
    case "bearerProtocol":
      return protocolTokens(readLines(handshake, "sec-websocket-protocol"));
    case "queryParam":
      return named(source.kind, queryValues(handshake.url, source.name));
    case "cookie":
      return named(source.kind, cookieValues(readLines(handshake, "cookie"), source.name));
    case "firstMessage":
      return [];
    default:
      return source satisfies never;
  }
}

function named(source: TokenSourceKind, values: readonly string[]): readonly Candidate[] {
  return values.map((token) => ({ source, token, note: "" }));
}

/** RFC 9110 section 11.4. Other schemes are ignored. */
function bearerToken(line: string): readonly Candidate[] {
  const source = "bearerHeader";
  const space = line.indexOf(" ");
  const scheme = space < 0 ? line : line.slice(0, space);
  if (scheme.toLowerCase() !== "bearer") return [];
  const token = space < 0 ? "" : trim(line.slice(space));
  return [
    { source, token: isToken68(token) ? token : undefined, note: "It is not a token68 (RFC 9110 section 11.2)." },
  ];
}

/** Letters, digits and `-._~+/`, then any number of `=`. */
function isToken68(text: string): boolean {
  let end = text.length;
  while (end > 0 && text[end - 1] === "=") end--;
  for (let index = 0; index < end; index++) {
    if (!token68.has(text[index] ?? "")) return false;
  }
  return end > 0;
}

const token68 = new Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

/** Marks the entry of `Sec-WebSocket-Protocol` that is a token. */
const prefix = "bearer.";

function protocolTokens(lines: readonly string[]): readonly Candidate[] {
  const source = "bearerProtocol";
  const entries = lines
    .flatMap((line) => line.split(","))
    .map(trim)
    .filter((entry) => entry !== "");
  const tokens = entries.filter((entry) => entry.startsWith(prefix));
  // Browsers fail a handshake that offers protocols and gets none back, and the token must not be sent back.
  const alone = tokens.length === entries.length;
  const note = "It is the only entry of Sec-WebSocket-Protocol: offer the application's subprotocol too.";
  return tokens.map((entry) => ({ source, token: alone ? undefined : entry.slice(prefix.length), note }));
}

/** Writes a source as in the configuration. */
export function sourceText(source: TokenSource): string {
  return `${source.kind}(${"name" in source ? JSON.stringify(source.name) : ""})`;
}

/** Returns a request target without the parameters that are token sources. The rest is unchanged. */
export function urlWithoutTokens(url: string, sources: readonly TokenSource[]): string {
  const names = sources.flatMap((source) => (source.kind === "queryParam" ? [source.name] : []));
  const start = url.indexOf("?");
  if (names.length === 0 || start < 0) return url;
  const kept = url
    .slice(start + 1)
    .split("&")
    .filter((pair) => !names.some((name) => new URLSearchParams(pair).has(name)));
  return kept.length === 0 ? url.slice(0, start) : `${url.slice(0, start)}?${kept.join("&")}`;
}

/** Returns a `Sec-WebSocket-Protocol` field without tokens. */
export function spokenProtocols(field: string): string {
  return field
    .split(",")
    .map(trim)
    .filter((entry) => entry !== "" && !entry.startsWith(prefix))
    .join(", ");
}

function queryValues(url: string | undefined, name: string): readonly string[] {
  const start = typeof url === "string" ? url.indexOf("?") : -1;
  return typeof url !== "string" || start < 0 ? [] : new URLSearchParams(url.slice(start + 1)).getAll(name);
}

/** By the rules of the `cookie` package, except that two cookies of one name are both found. */
function cookieValues(lines: readonly string[], name: string): readonly string[] {
  return lines
    .flatMap((line) => line.split(";"))
    .flatMap((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 || trim(pair.slice(0, equals)) !== name ? [] : [decode(trim(pair.slice(equals + 1)))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Removes spaces and tabs around a text (OWS, RFC 9110 section 5.6.3). */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
