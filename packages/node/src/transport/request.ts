import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Rewrite } from "./transport.ts";

/** The parts of a request that Node's HTTP/1.1 parser did not read. */
export interface RequestParts extends Pick<IncomingMessage, "headers" | "rawHeaders"> {
  readonly method: string;
  readonly url: string;
  /** Defaults to "1.1". */
  readonly version?: "1.1" | "2.0";
}

/** Makes a request in the form that HTTP/1.1 code expects. */
export function makeRequest(socket: Socket, parts: RequestParts): IncomingMessage {
  const { method, url, headers, rawHeaders, version = "1.1" } = parts;
  const request = new IncomingMessage(socket);
  request.method = method;
  request.url = url;
  request.httpVersion = version;
  request.httpVersionMajor = Number(version[0]);
  request.httpVersionMinor = Number(version[2]);
  request.headers = headers;
  request.rawHeaders = rawHeaders;
  return request;
}

/** The query of a request target, without its question mark. */
export function queryOf(url = ""): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}

const protocolField = "sec-websocket-protocol";

/** Rewrites a request in place. Its `headers` and `rawHeaders` are replaced, so that what was read from it before keeps its values. */
export function rewriteRequest(request: IncomingMessage, { url, protocols }: Rewrite): void {
  request.url = url;
  if (protocols === undefined) return;
  request.headers = rewriteFields(request.headers, protocols);
  request.rawHeaders = rewriteLines(request.rawHeaders, protocols);
}

/** A copy of a header record with other subprotocols. */
export function rewriteFields<T extends Readonly<Record<string, unknown>>>(fields: T, protocols: string): T {
  const copy = { ...fields };
  if (protocols === "") Reflect.deleteProperty(copy, protocolField);
  else Reflect.set(copy, protocolField, protocols);
  return copy;
}

/** The same for names and values in turn. Only the first such line stays: the others are part of its value. */
export function rewriteLines(lines: readonly string[], protocols: string): string[] {
  const rewritten: string[] = [];
  let written = protocols === "";
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index] ?? "";
    if (name.toLowerCase() !== protocolField) rewritten.push(name, lines[index + 1] ?? "");
    else if (!written) {
      rewritten.push(name, protocols);
      written = true;
    }
  }
  return rewritten;
}

/** Whether a value is a request of HTTP/1.1, or one of HTTP/2 in Node's compatibility API, which has the same properties. */
export function isRequest(value: unknown): value is IncomingMessage {
  return value instanceof IncomingMessage || hasAll(value, ["headers", "rawHeaders", "httpVersionMajor", "stream"]);
}

/** Whether a request came over HTTP/2. Its version does not tell: over HTTP/1.1, a client may write any version. */
export function isHttp2(request: IncomingMessage): boolean {
  return !(request instanceof IncomingMessage) && "stream" in request;
}

/** The same for a response. */
export function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse || hasAll(value, ["writeHead", "once", "stream"]);
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}
