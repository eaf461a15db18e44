import type { IncomingMessage } from "node:http";
import { type Circumstances, deny, type Deny } from "@wsorigin/core";

/** RFC 6455 section 4.1: 16 random bytes in base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;

/** RFC 9110 section 5.6.2: a token. */
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * What is wrong with a request as an opening handshake over HTTP/1.1 (RFC 6455 section 4.2.1), if anything. Node emits `upgrade` for POST,
 * for HTTP/1.0, without a Host and for `Upgrade: h2c` alike.
 */
export function formProblem(request: IncomingMessage): Deny | undefined {
  const { headers } = request;
  const origin = headers.origin;
  const malformed = (note: string): Deny => deny("handshake-malformed", origin, { host: headers.host, note });
  if (request.method !== "GET") return malformed(`The method is ${request.method}; it must be GET.`);
  if (request.httpVersion !== "1.1")
    return malformed(
      `The request is HTTP/${request.httpVersion}; it must be HTTP/1.1. A proxy in front speaks the older one.`,
    );
  if (headers.upgrade?.toLowerCase() !== "websocket")
    return malformed(`Upgrade is ${JSON.stringify(headers.upgrade)}; it must be "websocket".`);
  const key = headers["sec-websocket-key"];
  if (key === undefined || !keyForm.test(key))
    return malformed("Sec-WebSocket-Key is missing, repeated, or not 16 bytes in base64.");
  return commonProblem(request);
}

/** What is wrong with the fields that a handshake has over HTTP/1.1 and HTTP/2 alike. */
export function commonProblem({ headers }: IncomingMessage): Deny | undefined {
  const details: Circumstances = { host: headers.host };
  // RFC 9112 section 3.2, RFC 6455 section 4.1: without it there is nothing to check against `hosts`, and no browser leaves it out.
  if (headers.host === undefined) return deny("host-missing", headers.origin);
  const version = headers["sec-websocket-version"];
  if (version === undefined)
    return deny("handshake-malformed", headers.origin, {
      ...details,
      note: "Sec-WebSocket-Version is missing; it must be 13.",
    });
  if (version !== "13")
    return deny("version-unsupported", headers.origin, {
      ...details,
      note: `Sec-WebSocket-Version is ${JSON.stringify(version.slice(0, 32))}.`,
    });
  if (offeredProtocols(headers["sec-websocket-protocol"]) === undefined) {
    return deny("handshake-malformed", headers.origin, {
      ...details,
      note: "Sec-WebSocket-Protocol is no list of distinct tokens. Firefox sends it twice where HSTS has made wss: of ws:; let the page write wss:.",
    });
  }
  return undefined;
}

/** The subprotocols that a client offers, in its order of preference; `undefined` where the field breaks RFC 6455 section 4.1. */
export function offeredProtocols(field: string | undefined): readonly string[] | undefined {
  if (field === undefined) return [];
  const offered = field.split(",").map((part) => part.trim());
  return offered.every((name) => tokenForm.test(name)) && new Set(offered).size === offered.length
    ? offered
    : undefined;
}

/** Whether a text can be a subprotocol's name. */
export function isToken(text: string): boolean {
  return tokenForm.test(text);
}

/**
 * The path and query of a request target (RFC 9112 section 3.2). `undefined` where it has none that could be meant: it names another authority
 * than Host does, so that the two disagree on whom the request is for, or its percent-encoding stands for no text.
 */
export function originForm(target: string, host: string | undefined): string | undefined {
  const path = target.startsWith("/") ? target : pathOf(target, host);
  return path === undefined || !path.includes("%") || isDecodable(path.split("?", 1)[0] ?? "") ? path : undefined;
}

/** The path and query of a target that is a whole URL. */
function pathOf(url: string, host: string | undefined): string | undefined {
  const scheme = url.slice(0, 8).toLowerCase();
  const start = scheme.startsWith("http://") ? 7 : scheme === "https://" ? 8 : 0;
  if (start === 0) return undefined;
  const end = url.slice(start).search(/[/?]/);
  const authority = end < 0 ? url.slice(start) : url.slice(start, start + end);
  if (authority.toLowerCase() !== host?.toLowerCase()) return undefined;
  const rest = url.slice(start + authority.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Whether a text's percent-encoding stands for text. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
