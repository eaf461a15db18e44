/** A response as it came over HTTP/1.1. */
export interface FuzzResponse {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const besides: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "www-authenticate": "Bearer" },
  426: { upgrade: "websocket", "sec-websocket-version": "13" },
  429: { "retry-after": "60" },
  503: { "retry-after": "5" },
};

/** Whether a response is a refusal in the gate's one form: these fields, and no others. The body of a HEAD request's answer may be missing. */
export function isGateRefusal(response: FuzzResponse): boolean {
  return isRefusal(response, { connection: "close" });
}

/** Whether it is the refusal of an ordinary request: the same, on a connection that may stay open. */
export function isRequestRefusal(response: FuzzResponse): boolean {
  const keepAlive = response.headers.find(([name]) => name.toLowerCase() === "keep-alive")?.[1] ?? "";
  return (
    isGateRefusal(response) ||
    (/^timeout=\d+$/.test(keepAlive) && isRefusal(response, { connection: "keep-alive", "keep-alive": keepAlive }))
  );
}

function isRefusal(
  { status, statusLine, headers, body }: FuzzResponse,
  connection: Readonly<Record<string, string>>,
): boolean {
  const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const expected: Readonly<Record<string, string>> = {
    "content-type": "text/plain; charset=utf-8",
    ...connection,
    ...besides[status],
  };
  const length = fields.get("content-length") ?? "";
  return (
    /^HTTP\/1\.1 \d{3} [A-Z]/.test(statusLine) &&
    fields.size === headers.length &&
    fields.size === 1 + Object.keys(expected).length &&
    /^[1-9]\d*$/.test(length) &&
    (body.length === Number(length) || body === "") &&
    Object.entries(expected).every(([name, value]) => fields.get(name) === value)
  );
}
