import { type Handshake, Unreadable } from "./check/handshake.ts";

/** The `Headers` of fetch, as far as they are read. */
export interface FetchHeaders {
  get(name: string): string | null;
  forEach(callback: (value: string, name: string) => void): void;
}

/** A `Request` of fetch, or an object with its `headers` and other facts. */
export interface FetchRequest extends Omit<Handshake, "headers" | "rawHeaders"> {
  readonly headers: FetchHeaders;
}

/**
 * What a policy decides on: an `http.IncomingMessage` or another `Handshake`, a `Request` of fetch, or its `Headers`.
 *
 * Of a `Request`, Host is the Host header; the authority of the URL does not replace a missing one. Whether the client uses TLS is read from the scheme of the
 * URL, which the runtime takes from its own listener, unless `secure` or `socket` is there.
 */
export type AnyHandshake = Handshake | FetchRequest | FetchHeaders;

/**
 * Returns a handshake with its fields in a plain object. What comes neither from fetch nor from Node is returned as it is, and refused where it is read.
 *
 * @throws {Unreadable} if the fields of `Headers` cannot be read
 */
export function readable(given: AnyHandshake): Handshake;
export function readable(given: Given): Given {
  // Every request of Node has raw headers, and needs no further look.
  if (!given || given.rawHeaders !== undefined) return given;
  const headers = typeof given.get === "function" ? given : given.headers;
  if (!isFetchHeaders(headers)) return given;
  const { url, host, ip, socket, secure = socket === undefined && String(url).startsWith("https://") } = given;
  return { headers: fieldsOf(headers), url, host, ip, socket, secure };
}

/** What a program without types may pass. */
type Given = Partial<Omit<FetchRequest, "headers">> & {
  readonly headers?: unknown;
  readonly rawHeaders?: unknown;
  readonly get?: unknown;
};

/**
 * Whether a value is a `Headers`: of this realm or another one, of the runtime or of a library. Other containers have a `get` too, such as `Map` and
 * `URLSearchParams`, but their names have a case: they would have no `origin` where the client wrote `Origin`.
 */
function isFetchHeaders(value: unknown): value is FetchHeaders {
  return Object.prototype.toString.call(value).slice(8, -1) === "Headers";
}

/** The fields of `Headers`. A field that came twice is one value with a comma, which is not a valid Origin or Host. */
function fieldsOf(headers: FetchHeaders): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  headers.forEach((value, name) => (fields[name] = value));
  for (const name of ["host", "origin"])
    // What the two ways to read it disagree on is not known.
    if (headers.get(name) !== (fields[name] ?? null)) throw new Unreadable("headers: the value is ambiguous.");
  return fields;
}
