import type { DenyCode } from "@wsorigin/core";

/** Where a handshake was stopped, in the order in which the gate asks; `"open"` where nothing stopped it. */
export const stations = ["limits", "request", "host", "origin", "token", "open"] as const;
export type Station = (typeof stations)[number];

const stoppedAt = {
  "too-many-connections": "limits",
  "too-many-failures": "limits",
  "too-many-pending": "limits",
  draining: "limits",
  "timed-out": "limits",
  "client-gone": "limits",
  "route-not-found": "request",
  "handshake-malformed": "request",
  "version-unsupported": "request",
  "protocol-unsupported": "request",
  "upgrade-stripped": "request",
  "middleware-refused": "request",
  "middleware-failed": "request",
  "host-missing": "host",
  "host-malformed": "host",
  "host-repeated": "host",
  "host-not-listed": "host",
  "origin-missing": "origin",
  "origin-malformed": "origin",
  "origin-repeated": "origin",
  "origin-opaque": "origin",
  "origin-not-listed": "origin",
  "origin-cross-site": "origin",
  "directory-failed": "origin",
  "token-missing": "token",
  "token-malformed": "token",
  "token-ambiguous": "token",
  "token-invalid": "token",
  "token-expired": "token",
  "token-revoked": "token",
  "token-forbidden": "token",
  "token-origin-mismatch": "token",
  "verifier-failed": "token",
} satisfies Record<DenyCode, Station>;

export function stationOf(code: DenyCode): Station {
  return stoppedAt[code];
}
