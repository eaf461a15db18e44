import { headOf } from "../http1/build.ts";
import type { Http1Message } from "../http1/change.ts";

/** What is known of a request from its lines alone. */
export interface Http1Reading {
  /** Whether every HTTP/1.1 parser reads this message in the same way, and takes it. */
  readonly certain: boolean;
  /** Whether its body is exactly as long as it says. */
  readonly framed: boolean;
  readonly hasBody: boolean;
  /** Whether Upgrade names websocket; `undefined` where it does so in an odd way. */
  readonly websocket: boolean | undefined;
  /** Whether Connection names upgrade; `undefined` where parsers differ. */
  readonly connected: boolean | undefined;
  readonly closes: boolean;
  /** The values of a field, one a line. */
  readonly valuesOf: (name: string) => readonly string[];
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "OPTIONS"]);
const lineForm = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const targetForm = /^(?:\*|https?:\/\/[\w.:-]+(?:[/?][\x21\x22\x24-\x7e]*)?|\/[\x21\x22\x24-\x7e]*)$/;

/** Heads between these sizes may be too large for Node, whose limit is 16 KiB. */
const certainlyShort = 14_000;

export function readHttp1(message: Http1Message): Http1Reading {
  const { method, target, version, lines, body } = message;
  const fields = lines.map((line) => lineForm.exec(line));
  const valuesOf = (name: string): readonly string[] =>
    fields.flatMap((match) => (match?.[1]?.toLowerCase() === name ? [match[2] ?? ""] : []));
  const lengths = valuesOf("content-length");
  const codings = valuesOf("transfer-encoding");
  const plainBody =
    (lengths.length === 0 || (lengths.length === 1 && codings.length === 0 && /^\d+$/.test(lengths[0] ?? ""))) &&
    (codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === "chunked" && version === "1.1"));
  const chunked = codings.length > 0;
  return {
    certain:
      fields.every((match) => match !== null) &&
      methods.has(method) &&
      targetForm.test(target) &&
      (version === "1.1" || version === "1.0") &&
      plainBody &&
      valuesOf("proxy-connection").length === 0 &&
      headOf(message).length < certainlyShort,
    framed: chunked ? body.endsWith("0\r\n\r\n") && !body.startsWith("zz") : body.length === Number(lengths[0] ?? 0),
    hasBody: chunked || Number(lengths[0] ?? 0) > 0,
    websocket: namesWebsocket(items(valuesOf("upgrade"))),
    connected: names(items(valuesOf("connection")), "upgrade"),
    closes: version === "1.0" || names(items(valuesOf("connection")), "close") !== false,
    valuesOf,
  };
}

function items(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(",")).map((item) => item.trim().toLowerCase());
}

/** `undefined` where an item only looks like the name. */
function names(list: readonly string[], name: string): boolean | undefined {
  if (list.includes(name)) return list.some((item) => item !== name && item.includes(name)) ? undefined : true;
  return list.some((item) => item.includes(name)) ? undefined : false;
}

/** `undefined` where an item only holds the name, such as `websocket/13`: a handshake or not, both are sound. */
function namesWebsocket(list: readonly string[]): boolean | undefined {
  if (list.includes("websocket")) return true;
  return list.some((item) => item.includes("websocket")) ? undefined : false;
}

/** Whether a message, however it is read, may open a socket: every line that speaks of an origin, and there is one, gives a listed one. */
export function mayOpen({ lines }: Http1Message, isListed: (origin: string) => boolean): boolean {
  const told = lines
    .flatMap((line) => line.split(/[\r\n]/))
    .filter((line) => /origin/i.test(line) && !/^sec-fetch-site:/i.test(line));
  return told.length > 0 && told.every((line) => isListed(line.replace(/^[^:]*:[\t ]*/, "").trimEnd()));
}
