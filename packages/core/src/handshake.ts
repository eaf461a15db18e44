/**
 * The facts of an opening handshake. An `http.IncomingMessage` fits as it is; so do `{ headers: request.headersDistinct }` and
 * `{ headers: { origin, host } }`. Nothing here is believed beyond what it says: no `X-Forwarded-*` is read.
 */
export interface Handshake {
  /** Field values by name. An array of one is that value; an array of two is a repeated field, which is refused for Origin and Host. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Names and values in turn, as they came (`IncomingMessage.rawHeaders`). Read instead of `headers` where present, because Node's `headers`
   * hide a second Host line and join two Origin lines into one.
   */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** The Host that the framework trusts (behind a trusted proxy: the forwarded one). Instead of the Host header. */
  readonly host?: string | undefined;
  /** Whether the client speaks TLS, to this server or to a proxy it trusts. Default: whether `socket` is a TLS socket. */
  readonly secure?: boolean | undefined;
  /** The client's address. */
  readonly ip?: string | undefined;
  /** The connection, as in `IncomingMessage`: only asked whether it is encrypted. */
  readonly socket?: object | null | undefined;
}

/** A field as it came: how many lines, and their value (joined by ", " where there are several). */
export interface Field {
  readonly lines: number;
  readonly value: string | undefined;
}

const absent: Field = { lines: 0, value: undefined };

/** Reads a field by its lower-case name. What is no string counts as an empty value. */
export function readField(handshake: Handshake, name: string): Field {
  const raw = handshake.rawHeaders;
  return Array.isArray(raw) && raw.length > 0 ? readRaw(raw, name) : readRecord(handshake.headers, name);
}

/** The lines of a field by its lower-case name, each as it came. */
export function readLines(handshake: Handshake, name: string): readonly string[] {
  const raw = handshake.rawHeaders;
  if (Array.isArray(raw) && raw.length > 0)
    return raw.filter((_line, index) => index % 2 === 1 && isNamed(String(raw[index - 1]), name)).map(textOf);
  const { headers } = handshake;
  if (typeof headers !== "object" || headers === null) return [];
  return Object.keys(headers).flatMap((key) => (isNamed(key, name) ? [headers[key] ?? []].flat().map(textOf) : []));
}

/** Reads Host and Origin, which every decision needs, in one go. */
export function readHostAndOrigin(handshake: Handshake): { readonly host: Field; readonly origin: Field } {
  const raw = handshake.rawHeaders;
  if (!Array.isArray(raw) || raw.length === 0)
    return { host: readRecord(handshake.headers, "host"), origin: readRecord(handshake.headers, "origin") };
  let host = absent;
  let origin = absent;
  for (let index = 0; index < raw.length; index += 2) {
    const key: unknown = raw[index];
    if (typeof key !== "string" || (key.length !== 4 && key.length !== 6)) continue;
    if (isNamed(key, "host")) host = addLine(host, raw[index + 1]);
    else if (isNamed(key, "origin")) origin = addLine(origin, raw[index + 1]);
  }
  return { host, origin };
}

/** Whether the client speaks TLS, as far as it is known. */
export function isSecure(handshake: Handshake): boolean {
  if (handshake.secure !== undefined) return handshake.secure === true;
  const socket = handshake.socket;
  return typeof socket === "object" && socket !== null && "encrypted" in socket && socket.encrypted === true;
}

function readRaw(raw: readonly string[], name: string): Field {
  let field = absent;
  for (let index = 0; index < raw.length; index += 2) {
    const key = raw[index];
    if (typeof key === "string" && isNamed(key, name)) field = addLine(field, raw[index + 1]);
  }
  return field;
}

function readRecord(headers: Handshake["headers"] | null | undefined, name: string): Field {
  if (typeof headers !== "object" || headers === null) return absent;
  const usual = headers[name];
  if (typeof usual === "string") return { lines: 1, value: usual };
  let field = absent;
  for (const key of Object.keys(headers)) {
    if (!isNamed(key, name)) continue;
    const value = headers[key];
    if (Array.isArray(value)) for (const line of value) field = addLine(field, line);
    else if (value !== undefined) field = addLine(field, value);
  }
  return field;
}

function textOf(line: unknown): string {
  return typeof line === "string" ? line : "";
}

function addLine(field: Field, line: unknown): Field {
  const text = textOf(line);
  return { lines: field.lines + 1, value: field.value === undefined ? text : `${field.value}, ${text}` };
}

/** Field names have no case (RFC 9110 section 5.1): bit 5 is what sets apart the two cases of an ASCII letter. */
function isNamed(key: string, name: string): boolean {
  if (key.length !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if ((key.charCodeAt(index) | 32) !== name.charCodeAt(index)) return false;
  }
  return true;
}
