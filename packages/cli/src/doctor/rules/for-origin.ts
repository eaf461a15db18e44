import type { Observations } from "../observe.ts";
import type { ProbeName } from "../plan.ts";
import { opened } from "../reply.ts";
import type { DoctorRule } from "./rule.ts";

/** Handshakes that differ from the page's in nothing but the Origin. */
const otherOrigins: readonly ProbeName[] = ["none", "null", "evil", "suffix", "prefix", "subdomain", "scheme"];

/** Statuses that say nothing about the Origin: a limit, and a backend that is away for a moment. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Whether the page is refused for its Origin, whatever the answer: the same handshake opens without one, or with another. What the backend opens
 * for the page itself is refused for what the proxy makes of it.
 */
export function refusedForOrigin({ replies, direct }: Observations): boolean {
  const { page } = replies;
  if (page === undefined || page.status === 101 || passing.has(page.status ?? 0)) return false;
  if (opened(direct?.replies.page)) return false;
  return otherOrigins.some((name) => opened(replies[name]));
}

/** A rule that looks at the page's answer alone, where the answers to other Origins do not say more. */
export function unlessForOrigin(rule: DoctorRule): DoctorRule {
  return { ...rule, when: (seen) => (refusedForOrigin(seen) ? undefined : rule.when(seen)) };
}
