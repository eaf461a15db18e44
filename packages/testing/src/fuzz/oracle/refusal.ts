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
export function isGateRefusal({ status, statusLine, headers, body }: FuzzResponse): boolean {
  const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const expected: Readonly<Record<string, string>> = besides[status] ?? {};
  const length = fields.get("content-length") ?? "";
  return (
    /^HTTP\/1\.1 \d{3} [A-Z]/.test(statusLine) &&
    fields.size === headers.length &&
    fields.size === 3 + Object.keys(expected).length &&
    fields.get("connection") === "close" &&
    fields.get("content-type") === "text/plain; charset=utf-8" &&
    /^[1-9]\d*$/.test(length) &&
    (body.length === Number(length) || body === "") &&
    Object.entries(expected).every(([name, value]) => fields.get(name) === value)
  );
}
