import type { Sequel } from "./expectation.ts";
import type { Http1Reading } from "./read-http1.ts";
import { type Outcome, outcomeOf, pathOutcome } from "./rules.ts";

/** What follows an ordinary request. */
export function afterOrdinary({ closes, framed }: Http1Reading): Sequel {
  if (!framed) return "unclear";
  return closes ? "maybe" : "next";
}

export interface Path {
  /** `undefined` where the target is no path of this host. */
  readonly path: string | undefined;
  readonly outcome: Outcome;
}

/** A target as a path: its own, or that of a whole URL, whose authority must be the Host's. */
export function pathOf(target: string, host: string): Path {
  if (target.startsWith("/")) return { path: target, outcome: pathOutcome(target) };
  const [, scheme, authority = "", rest = ""] = /^(https?):\/\/([^/?]*)(.*)$/.exec(target) ?? [];
  if (scheme === undefined) return { path: undefined, outcome: outcomeOf([], ["handshake-malformed"]) };
  if (authority.toLowerCase() !== host.toLowerCase())
    return { path: undefined, outcome: outcomeOf(["handshake-malformed"], []) };
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  const inner = pathOutcome(path);
  // A URL's own path may begin with `//`, and its scheme may differ from the connection's: refused or not.
  const doubtful = scheme === "https" || inner.codes.size > 0;
  return { path, outcome: path.includes("\\") ? inner : outcomeOf([], doubtful ? ["handshake-malformed"] : []) };
}
