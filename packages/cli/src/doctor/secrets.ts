import type { DoctorOptions } from "./arguments.ts";
import type { Reply } from "./exchange.ts";

/** Takes what the user gave in confidence out of what is printed: a server may send it back. */
export interface Redactor {
  readonly text: (text: string) => string;
  readonly reply: (reply: Reply) => Reply;
}

const mark = "[redacted]";

/** Parameters and fields whose value is a secret, whatever it looks like. */
export const secretNames: ReadonlySet<string> = new Set([
  "token",
  "access_token",
  "accesstoken",
  "id_token",
  "auth",
  "authorization",
  "jwt",
  "api_key",
  "apikey",
  "key",
  "session",
  "sessionid",
  "sid",
  "password",
  "secret",
  "signature",
  "ticket",
]);

/** What is needed as it came: the rules compare it with what was sent, and print nothing of it. */
const kept: ReadonlySet<string> = new Set(["sec-websocket-protocol", "sec-websocket-accept", "www-authenticate"]);

/** The token, the cookies, the query and the fields of `--header`, in every form in which a server may repeat them. */
export function redactorOf(options: DoctorOptions): Redactor {
  const secrets = secretsOf(options);
  const text = (from: string): string =>
    secrets.reduce((rest, [secret, shown]) => rest.replaceAll(secret, () => shown), from);
  // A body is bytes in an unknown encoding; what is looked for is ASCII.
  const bytes = (from: Buffer): Buffer => Buffer.from(text(from.toString("latin1")), "latin1");
  return {
    text,
    reply: (reply) => ({
      ...reply,
      statusLine: text(reply.statusLine),
      headers: reply.headers.map(([name, value]) => [name, kept.has(name.toLowerCase()) ? value : text(value)]),
      body: bytes(reply.body),
      close: reply.close && { ...reply.close, reason: text(reply.close.reason) },
    }),
  };
}

type Secret = readonly [text: string, shown: string];

/** What is replaced, and by what; the longest first, so that no part of one is left. */
function secretsOf({ url, token, cookie, headers }: DoctorOptions): readonly Secret[] {
  const found = new Map<string, string>();
  const add = (value: string, before = ""): void => {
    for (const form of formsOf(value)) found.set(`${before}${form}`, `${before}${mark}`);
  };
  const addPair = ([name, value]: readonly [string, string]): void => {
    if (value === "") return;
    add(value, `${name}=`);
    if (isTelling(name, value)) add(value);
  };
  const query = url.search.slice(1);
  if (query.length >= shortest && /[^a-z]/.test(query)) add(query);
  for (const pair of [...pairsOf(query, "&"), ...url.searchParams]) addPair(pair);
  if (token?.place === "query") addPair([token.name, token.value]);
  if (token !== undefined) {
    for (const before of ["Bearer ", "bearer."]) add(token.value, before);
    if (token.value.length >= shortest) add(token.value);
  }
  for (const pair of pairsOf(cookie ?? "", ";")) addPair(pair);
  if (cookie !== undefined && cookie.length > 1) add(cookie);
  for (const [name, value] of headers) if (isTelling(name, value)) add(value);
  return [...found].toSorted(([one], [two]) => two.length - one.length);
}

function pairsOf(text: string, separator: string): readonly (readonly [name: string, value: string])[] {
  return text.split(separator).map((pair) => {
    const [name = "", ...rest] = pair.trim().split("=");
    return [name, rest.join("=")];
  });
}

/** Of shorter values no text says whether they were meant. */
const shortest = 4;

/** Whether a value is a secret by itself. A word such as `websocket` is not: it would be taken out of sentences. */
function isTelling(name: string, value: string): boolean {
  if (value.length < shortest) return false;
  return secretNames.has(name.toLowerCase()) || /[^a-z]/.test(value) || value.length >= 20;
}

/** As it is, percent-encoded, decoded, and as HTML and JSON escape it. */
function formsOf(value: string): readonly string[] {
  const plain = decoded(value);
  return [value, plain, encodeURIComponent(plain), encodeURI(plain)].flatMap((form) => [
    form,
    form.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    JSON.stringify(form).slice(1, -1),
  ]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
