import { deny, type Deny } from "../check/decision.ts";
import { originForm } from "./target.ts";

/** The fields that the form of a handshake depends on, by lower-case name. */
export interface FormFields {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly upgrade?: string | undefined;
  readonly "content-length"?: string | undefined;
  readonly "transfer-encoding"?: string | undefined;
  readonly "sec-websocket-key"?: string | undefined;
  readonly "sec-websocket-version"?: string | undefined;
  readonly "sec-websocket-protocol"?: string | undefined;
}

/** A request whose form is checked; an `http.IncomingMessage` fits. */
export interface RequestForm {
  readonly method?: string | undefined;
  /** `undefined` if the runtime does not say. */
  readonly httpVersion?: string | undefined;
  /** The request target: a path, or a URL whose authority equals Host. */
  readonly url?: string | undefined;
  readonly headers: FormFields;
}

/** RFC 6455 section 4.1: 16 random bytes in base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;

/** RFC 9110 section 5.6.2: a token. */
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Checks the form of an opening handshake (RFC 6455 section 4.2.1, RFC 8441 section 5). What it returns names the fields of the request as it arrived, so it
 * is called before a token is removed from them.
 *
 * @param protocol `:protocol` of an extended CONNECT; `undefined` for HTTP/1.1
 */
export function formProblem(request: RequestForm, protocol?: string): Deny | undefined {
  const { headers } = request;
  const problem = protocol === undefined ? http1Problem(request) : http2Problem(headers, protocol);
  if (problem !== undefined || originForm(request.url ?? "", headers.host) !== undefined) return problem;
  return malformed(
    headers,
    "The request target is not a path, begins with two slashes, has a backslash, names another authority than Host, or does not decode to text.",
  );
}

/** Node emits `upgrade` for POST, for HTTP/1.0 and without a Host too. The Connection field is not checked: it decides about the event. */
function http1Problem(request: RequestForm): Deny | undefined {
  const { headers } = request;
  if (request.method !== "GET") return malformed(headers, `The method is ${request.method}; it must be GET.`);
  if (request.httpVersion !== undefined && request.httpVersion !== "1.1")
    return malformed(
      headers,
      `The request is HTTP/${request.httpVersion}; it must be HTTP/1.1. A proxy in front of this server speaks the older version.`,
    );
  if (headers.upgrade !== "websocket" && headers.upgrade?.toLowerCase() !== "websocket")
    return malformed(headers, `Upgrade is ${JSON.stringify(headers.upgrade)}; it must be "websocket".`);
  const length = headers["content-length"];
  // RFC 6455 handshakes have no body. Node versions disagree on whether it is a body or the first frames.
  if (headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) !== 0))
    return malformed(headers, "The request has a body; a handshake has none.");
  const key = headers["sec-websocket-key"];
  if (key === undefined || !keyForm.test(key))
    return malformed(headers, "Sec-WebSocket-Key is missing, repeated, or not 16 bytes in base64.");
  return commonProblem(headers);
}

function http2Problem(headers: FormFields, protocol: string): Deny | undefined {
  if (protocol === "websocket") return commonProblem(headers);
  const note = `:protocol is ${JSON.stringify(protocol.slice(0, 64))}.`;
  return deny("protocol-unsupported", headers.origin, { host: headers.host, note });
}

/** Checks the fields that a handshake has over HTTP/1.1 and HTTP/2 alike. */
function commonProblem(headers: FormFields): Deny | undefined {
  // RFC 9112 section 3.2, RFC 6455 section 4.1: without Host there is nothing to check against `hosts`, and every browser sends it.
  if (headers.host === undefined) return deny("host-missing", headers.origin);
  const version = headers["sec-websocket-version"];
  if (version === undefined) return malformed(headers, "Sec-WebSocket-Version is missing; it must be 13.");
  if (version !== "13")
    return deny("version-unsupported", headers.origin, {
      host: headers.host,
      note: `Sec-WebSocket-Version is ${JSON.stringify(version.slice(0, 32))}.`,
    });
  const protocols = headers["sec-websocket-protocol"];
  if (protocols === undefined || offeredProtocols(protocols) !== undefined) return undefined;
  return malformed(
    headers,
    "Sec-WebSocket-Protocol is not a list of distinct tokens. Firefox sends it twice where HSTS turned ws: into wss:; write wss: in the page.",
  );
}

function malformed({ origin, host }: FormFields, note: string): Deny {
  return deny("handshake-malformed", origin, { host, note });
}

/** Returns the subprotocols that a client offers, in its order of preference; `undefined` if the field breaks RFC 6455 section 4.1. */
export function offeredProtocols(field: string | undefined): readonly string[] | undefined {
  if (field === undefined) return [];
  const offered = field.split(",").map((part) => part.trim());
  return offered.every((name) => tokenForm.test(name)) && new Set(offered).size === offered.length
    ? offered
    : undefined;
}

/** Whether a text can be the name of a subprotocol. */
export function isToken(text: string): boolean {
  return tokenForm.test(text);
}

/** Returns the first of the server's subprotocols that the client offers too; `false` if there is none. */
export function chooseProtocol(offered: ReadonlySet<string>, protocols: readonly string[] = []): string | false {
  return protocols.find((name) => offered.has(name)) ?? false;
}
