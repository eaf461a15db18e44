import type { Taken } from "./bytes.ts";

/** The head of a response, as it came: order, case and repeated lines are kept. */
export interface ResponseHead {
  readonly status: number;
  readonly statusLine: string;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Takes a response's head off the bytes. Bytes that are no HTTP make a head with the status 0. */
export function takeHead(rest: Buffer): Taken<ResponseHead> | undefined {
  const end = rest.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = rest.toString("latin1", 0, end).split("\r\n");
  const [, status = "0", reason = ""] = /^HTTP\/\d\.\d (\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? ([line, ""] as const) : ([line.slice(0, colon), line.slice(colon + 1).trim()] as const);
  });
  return { value: { status: Number(status), statusLine, reason, headers }, length: end + 4 };
}

/** The value of a header, whatever its case; several lines joined as HTTP does. */
export function headerOf(headers: ResponseHead["headers"], name: string): string | undefined {
  const values = headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** How to take the body off the bytes, by RFC 9112 section 6.3; `undefined` where the end of the connection is the end of the body. */
export function bodyTaker(
  { status, headers }: ResponseHead,
  method: string,
): ((rest: Buffer) => Taken<Buffer> | undefined) | undefined {
  if (method === "HEAD" || status === 204 || status === 304) return () => ({ value: Buffer.alloc(0), length: 0 });
  if (headerOf(headers, "transfer-encoding")?.toLowerCase().endsWith("chunked") === true) return takeChunks;
  const length = headerOf(headers, "content-length");
  if (length === undefined || !/^\d+$/.test(length)) return undefined;
  return (rest) =>
    rest.length < Number(length) ? undefined : { value: rest.subarray(0, Number(length)), length: Number(length) };
}

function takeChunks(rest: Buffer): Taken<Buffer> | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const end = rest.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number.parseInt(rest.toString("latin1", at, end), 16);
    const next = end + 2 + size + 2;
    if (!(rest.length >= next)) return undefined;
    if (size === 0) return { value: Buffer.concat(chunks), length: next };
    chunks.push(rest.subarray(end + 2, end + 2 + size));
    at = next;
  }
}
