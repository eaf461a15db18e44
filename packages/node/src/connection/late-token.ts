import { isDeepStrictEqual } from "node:util";
import type { Decision } from "@wsorigin/core";
import { judgeLateToken, type LateToken } from "@wsorigin/core/gate";

/** Judges a token that arrives on an open socket; see `judgeLateToken` of the core. */
export function judgeToken<P>(late: Omit<LateToken<P>, "isEqual" | "now">): Promise<Decision<P>> {
  return judgeLateToken({ ...late, now: () => Date.now(), isEqual: isDeepStrictEqual });
}
