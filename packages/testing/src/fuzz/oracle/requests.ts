import type { Http1Message } from "../http1/change.ts";
import type { FuzzSettings } from "../settings.ts";
import { allowCodes, type Expectation, guardSightOf, type Sequel } from "./expectation.ts";
import type { Http1Reading } from "./read-http1.ts";
import { hostOutcome, inOrder, originOutcome, type Outcome, outcomeOf } from "./rules.ts";
import { tokenOutcome } from "./token.ts";

/**
 * An ordinary request behind `requestGuard()` (design section 7): Host, then Origin, then the token. Without an Origin it passes where its browser says that it
 * comes from this server. A preflight is not asked for a token.
 *
 * @param certain whether the app's framework runs its middleware for it
 */
export function guardedRequest(
  { method, target }: Http1Message,
  { valuesOf }: Http1Reading,
  settings: FuzzSettings,
  { certain, sequel }: { readonly certain: boolean; readonly sequel: Sequel },
): Expectation {
  const origins = valuesOf("origin");
  const isPreflight =
    method === "OPTIONS" && origins.length > 0 && valuesOf("access-control-request-method").length > 0;
  const verdict = inOrder(
    hostOutcome(valuesOf("host")),
    origins.length === 0 ? absentOutcome(valuesOf("sec-fetch-site")) : originOutcome(origins, settings),
    isPreflight ? outcomeOf([], []) : tokenOutcome({ target, valuesOf }, settings.token),
  );
  const allowed = verdict.passes ? [...allowCodes, "origin-absent"] : [];
  return {
    sights: new Set([...[...verdict.codes].map(guardSightOf), ...(verdict.passes || !certain ? ["app" as const] : [])]),
    events: [certain ? 1 : 0, 1],
    codes: new Set([...verdict.codes, ...allowed]),
    openers: new Set(),
    asked: [0, 0],
    plain: [certain && verdict.passes && verdict.codes.size === 0 ? 1 : 0, verdict.passes ? 1 : 0],
    sequel,
  };
}

/** `hosts` is set, so that the browser's word for a request from this server's own pages, or from the user, counts. */
function absentOutcome(sites: readonly string[]): Outcome {
  const [site] = sites;
  return sites.length === 1 && (site === "same-origin" || site === "none")
    ? outcomeOf([], [])
    : outcomeOf(["origin-missing"], []);
}
