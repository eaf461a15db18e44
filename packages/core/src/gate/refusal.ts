import type { DenyStatus } from "../check/codes.ts";

/** A refusal as it is sent. */
export interface Refusal {
  readonly status: DenyStatus;
  /** In order; without `Connection`, which only HTTP/1.1 has. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** RFC 9110 section 15, RFC 6585 section 4. */
const reasons: Readonly<Record<DenyStatus, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  426: "Upgrade Required",
  429: "Too Many Requests",
  // Never sent.
  499: "",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** Returns the reason phrase of a status. */
export function reasonOf(status: DenyStatus): string {
  return reasons[status];
}

const extra: Partial<Record<DenyStatus, Refusal["headers"]>> = {
  401: [["WWW-Authenticate", "Bearer"]],
  426: [
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
  ],
  429: [["Retry-After", "60"]],
  503: [["Retry-After", "5"]],
};

/** In ASCII. */
const bodies: Partial<Record<DenyStatus, string>> = {
  426: "Upgrade Required: this is a WebSocket (version 13). If the client did ask for an upgrade, a proxy in front of this server removed the Upgrade and Connection headers.",
};

/**
 * Returns the refusal for a status. All refusals of one status are equal: the client does not learn which rule or entry refused it. There is no
 * redirect (WebKit would follow it and carry the token along), no cookie and no CORS header.
 */
export function refusalOf(status: DenyStatus): Refusal {
  const body = bodies[status] ?? (reasons[status] || String(status));
  return {
    status,
    headers: [
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Length", String(body.length)],
      ...(extra[status] ?? []),
    ],
    body,
  };
}

/** Which close codes are sent: codes that mirror HTTP statuses, or codes registered with IANA. */
export type CloseCodes = "http" | "iana";

/** 4401, 4403 and 4429 are caused by the client, 4408 by a decision that took too long. */
const mirrored: Record<DenyStatus, number> = {
  400: 4400,
  401: 4401,
  403: 4403,
  404: 4404,
  426: 4426,
  429: 4429,
  499: 1001,
  501: 1011,
  503: 4408,
};

/** Unauthorized, Forbidden, Timeout, and the codes of RFC 6455; 1008 if none fits. */
const registered: Record<DenyStatus, number> = {
  400: 1008,
  401: 3000,
  403: 3003,
  404: 1008,
  426: 1008,
  429: 1013,
  499: 1001,
  501: 1011,
  503: 3008,
};

/** The close code that goes with a status. */
export function closeCodeOf(status: DenyStatus, codes: CloseCodes): number {
  return (codes === "iana" ? registered : mirrored)[status];
}
