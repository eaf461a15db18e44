import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What a request is made of that Node's parser did not read. */
export interface RequestParts extends Pick<IncomingMessage, "headers" | "rawHeaders"> {
  readonly method: string;
  readonly url: string;
  /** Over HTTP/1.1 unless told otherwise. */
  readonly version?: "1.1" | "2.0";
}

/** A request in the form that HTTP/1.1 code knows. */
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
