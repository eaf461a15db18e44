import { normalise, redact, shown, urlsOf } from "./text.ts";

/** One line of what was pasted. */
export interface Message {
  /** As it came. Never shown. */
  readonly raw: string;
  /** For comparing. */
  readonly plain: string;
  /** For showing. */
  readonly shown: string;
  /** The socket's URL without anything secret, if the line has one. */
  readonly url: URL | undefined;
  /** The same for a command line; `<url>` where there is none. */
  readonly address: string;
}

export function readMessage(line: string): Message {
  const plain = normalise(withoutPlace(line));
  const parsed = urlsOf(line).flatMap(parse);
  // A mixed content line names the page first.
  const url = parsed.find(isSocket) ?? parsed[0];
  return { raw: line, plain, shown: shown(line), url, address: addressOf(url) };
}

/** The number that stands at `index`, with no other digit or letter around it. */
export function numberAt(text: string, index: number, digits: number): number | undefined {
  const found = text.slice(index, index + digits);
  if (found.length !== digits || !/^[0-9]+$/.test(found)) return undefined;
  return /[0-9a-z]/.test(text.charAt(index + digits)) ? undefined : Number(found);
}

/** The call that opens the message's socket over TLS. */
export function secureCall({ url }: Message): string {
  const address = url === undefined ? "wss://your-host/path" : `wss://${url.host}${pathOf(url)}`;
  return `new WebSocket(${JSON.stringify(address)})`;
}

function isSocket({ protocol }: URL): boolean {
  return protocol === "ws:" || protocol === "wss:";
}

function parse(text: string): readonly URL[] {
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  // A host may hold `;` and `$` by the URL standard. No real one does, and fixes are copied into shells.
  if (!/^[\w.:[\]-]+$/.test(url.host)) return [];
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  url.pathname = redact(url.pathname);
  return [url];
}

/** Fit for a shell: what is copied from here may have been written by anybody. */
function addressOf(url: URL | undefined): string {
  if (url === undefined) return "<url>";
  const scheme = url.protocol === "http:" || url.protocol === "ws:" ? "ws" : "wss";
  const text = `${scheme}://${url.host}${pathOf(url)}`;
  return /^[\w:/.~%@+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "%27")}'`;
}

/** A path that is too long for a terminal is none. */
function pathOf({ pathname }: URL): string {
  return pathname.length > 300 ? "/" : pathname;
}

/** Cuts `app.js:12:3` off the end, which Chrome's console puts there. */
function withoutPlace(line: string): string {
  const space = line.lastIndexOf(" ");
  return space >= 0 &&
    /^[^\s/:'"]{1,128}:\d{1,7}(?::\d{1,7})?$/.test(line.slice(space + 1)) &&
    /\.[a-z]{2,6}:|\(index\):/i.test(line.slice(space + 1))
    ? line.slice(0, space)
    : line;
}

/** The host and port that a TLS client is pointed at, fit for a shell. */
export function hostAndPort(url: URL | undefined): string {
  if (url === undefined) return "<host>:443";
  return `${url.hostname}:${url.port === "" ? (url.protocol === "ws:" || url.protocol === "http:" ? 80 : 443) : url.port}`;
}
