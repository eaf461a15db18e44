/**
 * Every code of a decision, with the HTTP status of a refusal. Codes are kebab-case, subject first. Adding one is a minor release, renaming or
 * removing one a major: dashboards and alerts depend on them.
 */

const allow = ["origin-listed", "origin-same-host", "origin-in-directory", "origin-absent"] as const;

const denyStatus = {
  "handshake-malformed": 400,
  "host-malformed": 400,
  "host-missing": 400,
  "host-repeated": 400,
  "origin-malformed": 400,
  "origin-repeated": 400,
  "token-ambiguous": 400,
  "token-expired": 401,
  "token-invalid": 401,
  "token-malformed": 401,
  "token-missing": 401,
  "token-revoked": 401,
  "host-not-listed": 403,
  "middleware-refused": 403,
  "origin-cross-site": 403,
  "origin-missing": 403,
  "origin-not-listed": 403,
  "origin-opaque": 403,
  "token-forbidden": 403,
  "token-origin-mismatch": 403,
  "route-not-found": 404,
  "upgrade-stripped": 426,
  "version-unsupported": 426,
  "too-many-connections": 429,
  "too-many-failures": 429,
  // Never sent: the client has left. 499 is what nginx logs for a client that closed the request.
  "client-gone": 499,
  "protocol-unsupported": 501,
  "directory-failed": 503,
  draining: 503,
  "middleware-failed": 503,
  "timed-out": 503,
  "too-many-pending": 503,
  "verifier-failed": 503,
} as const;

export type AllowCode = (typeof allow)[number];
export type DenyCode = keyof typeof denyStatus;
export type DenyStatus = (typeof denyStatus)[DenyCode];

/** Why a handshake was allowed. */
export const allowCodes: readonly AllowCode[] = Object.freeze(allow);

/** Why a handshake was refused: by the policy, or by the gate in front of it. */
export const denyCodes: readonly DenyCode[] = Object.freeze(Object.keys(denyStatus).filter(isDenyCode));

/** Returns the HTTP status of a code. */
export function statusOf(code: DenyCode): DenyStatus {
  return denyStatus[code];
}

function isDenyCode(text: string): text is DenyCode {
  return Object.hasOwn(denyStatus, text);
}
