/**
 * The facts of an opening handshake. An `http.IncomingMessage` can be passed as it is; so can `{ headers: request.headersDistinct }` and
 * `{ headers: { origin, host } }`. For fetch, see `AnyHandshake`. No `X-Forwarded-*` field is read. A handshake that cannot be read is refused (`handshake-malformed`).
 */
export interface Handshake {
  /**
   * Field values by name, in a plain object. An array of one is that value; an array of two is a repeated field, which is refused for Origin and
   * Host.
   */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Names and values in turn, as they were received (`IncomingMessage.rawHeaders`). Read instead of `headers` if not empty, because Node's
   * `headers` hides a second Host line and joins two Origin lines into one.
   */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** The Host that the framework trusts (behind a trusted proxy: the forwarded one). Instead of the Host header. */
  readonly host?: string | undefined;
  /** Whether the client uses TLS, to this server or to a proxy it trusts. Default: whether `socket` is a TLS socket. */
  readonly secure?: boolean | undefined;
  /** The client's address. */
  readonly ip?: string | undefined;
  /** The connection, as in `IncomingMessage`: only its `encrypted` property is read. */
  readonly socket?: object | null | undefined;
}

/** Thrown inside the core only: the handshake cannot be read. The message names the type that was passed, and no value. */
export class Unreadable extends TypeError {}

/**
 * The lines of a field by its lower-case name, each as it was received. A value that is not a string counts as an empty line.
 *
 * @throws {Unreadable}
 */
export function readLines(handshake: Handshake, name: string): readonly string[] {
  const raw = rawOf(handshake);
  if (raw === undefined) {
    const headers = recordOf(handshake);
    const usual = headers[name];
    // The usual name, in the usual form, needs no search.
    return typeof usual === "string" ? [usual] : linesIn(headers, name);
  }
  let lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const key = raw[index];
    const value = raw[index + 1];
    if (typeof key !== "string" || typeof value !== "string") throw unreadable("rawHeaders", "strings", raw);
    if (key.length !== name.length || !isNamed(key, name)) continue;
    // A literal for the first one: push() on an empty array makes room for seventeen.
    if (lines.length === 0) lines = [value];
    else lines.push(value);
  }
  return lines;
}

/** Whether the client uses TLS, as far as it is known. */
export function isSecure(handshake: Handshake): boolean {
  if (handshake.secure !== undefined) return handshake.secure === true;
  const socket = handshake.socket;
  return typeof socket === "object" && socket !== null && "encrypted" in socket && socket.encrypted === true;
}

type Headers = Handshake["headers"];

/** `rawHeaders`, unless there is nothing in it. */
function rawOf(handshake: { readonly rawHeaders?: unknown } | null): readonly unknown[] | undefined {
  if (typeof handshake !== "object" || handshake === null) throw unreadable("handshake", "an object", handshake);
  const raw = handshake.rawHeaders;
  if (raw === undefined) return undefined;
  if (!Array.isArray(raw) || raw.length % 2 !== 0) throw unreadable("rawHeaders", "names and values in turn", raw);
  return raw.length === 0 ? undefined : raw;
}

/** `headers`, if it is a plain object: all of its fields are its own, so that none is missed. */
function recordOf({ headers }: { readonly headers: unknown }): Headers {
  if (isPlain(headers)) return headers;
  throw unreadable("headers", "a plain object, or Headers", headers);
}

function isPlain(value: unknown): value is Headers {
  if (typeof value !== "object" || value === null) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // The Object.prototype of another realm: Jest runs tests in one.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}

function unreadable(what: string, expected: string, value: unknown): Unreadable {
  return new Unreadable(`${what}: expected ${expected}, got ${Object.prototype.toString.call(value).slice(8, -1)}.`);
}

function linesIn(headers: Headers, name: string): readonly string[] {
  const lines: string[] = [];
  for (const key of Object.keys(headers)) {
    if (!isNamed(key, name)) continue;
    const value: unknown = headers[key];
    const values = Array.isArray(value) ? value : [value];
    for (const line of values)
      if (line !== undefined || values === value) lines.push(typeof line === "string" ? line : "");
  }
  return lines;
}

/** Field names have no case (RFC 9110 section 5.1): bit 5 is what sets apart the two cases of an ASCII letter. */
function isNamed(key: string, name: string): boolean {
  if (key.length !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if ((key.charCodeAt(index) | 32) !== name.charCodeAt(index)) return false;
  }
  return true;
}
