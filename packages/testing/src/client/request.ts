import { wireBytes } from "../corpus/wire.ts";

/** A header line: name and value, or the whole line as it is to be sent (without its CRLF), junk bytes included. */
export type HeaderLine = readonly [name: string, value: string | Uint8Array] | string | Uint8Array;

/** An opening handshake, or something that is nearly one. Left alone it is a proper handshake without an Origin. */
export interface HandshakeRequest {
  /** The request target. `/` by default. */
  readonly path?: string;
  readonly method?: string;
  /** `1.1` by default. */
  readonly httpVersion?: string;
  /** The Origin header; `null` (the default) sends none, a list sends one line each. */
  readonly origin?: string | null | readonly string[];
  /** The Host header; host and port of the target by default, `null` sends none, a list sends one line each. */
  readonly hostHeader?: string | null | readonly string[];
  /** More header lines, in this order, after the usual ones. */
  readonly headers?: readonly HeaderLine[];
  /** Names of usual lines to leave out: `upgrade`, `connection`, `sec-websocket-key`, `sec-websocket-version`. To replace one, name it here and in `headers`. */
  readonly omit?: readonly string[];
  /** Bytes sent in the same segment as the handshake: frames that do not wait for the answer. */
  readonly extra?: Uint8Array | readonly Uint8Array[];
  /** Cuts the request into segments of so many bytes; 1 dribbles it. */
  readonly segment?: number;
  /** What to do once the request is sent. `"wait"` for the answer by default. */
  readonly afterwards?: "wait" | "half-open" | "reset" | "stop-reading";
  /** How long to wait for the answer, in milliseconds. 30000 by default. */
  readonly timeout?: number;
}

/** The key of RFC 6455 section 1.3. It need not be secret nor random to test a server. */
export const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

const usualLines = [
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", sampleKey],
  ["Sec-WebSocket-Version", "13"],
] as const;

/** The bytes of a handshake, without `extra`. */
export function requestBytes(request: HandshakeRequest, authority: string): Buffer {
  const {
    method = "GET",
    path = "/",
    httpVersion = "1.1",
    origin = null,
    hostHeader = authority,
    headers = [],
    omit = [],
  } = request;
  const left = new Set(omit.map((name) => name.toLowerCase()));
  const lines: readonly HeaderLine[] = [
    ...listOf(hostHeader).map((value) => ["Host", value] as const),
    ...usualLines.filter(([name]) => !left.has(name.toLowerCase())),
    ...listOf(origin).map((value) => ["Origin", value] as const),
    ...headers,
  ];
  return Buffer.concat([
    bytesOf(`${method} ${path} HTTP/${httpVersion}`),
    crlf,
    ...lines.flatMap((line) => [lineBytes(line), crlf]),
    crlf,
  ]);
}

const crlf = Buffer.from("\r\n");

function lineBytes(line: HeaderLine): Uint8Array {
  if (typeof line === "string" || line instanceof Uint8Array) return bytesOf(line);
  const [name, value] = line;
  return Buffer.concat([bytesOf(`${name}: `), bytesOf(value)]);
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? wireBytes(text) : text;
}

function listOf(value: string | null | readonly string[]): readonly string[] {
  if (value === null) return [];
  return typeof value === "string" ? [value] : value;
}
