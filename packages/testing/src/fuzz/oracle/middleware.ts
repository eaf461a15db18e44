import { fixture, type FuzzSettings } from "../settings.ts";
import { type Outcome, outcomeOf } from "./rules.ts";
import type { Sight } from "./expectation.ts";

/** The statuses with which middleware may refuse a handshake; others become 403. */
const statuses = new Set(["401", "403", "404", "429", "503"]);

/** What the middleware does, and what the client then sees. */
export interface MiddlewareOutcome extends Outcome {
  readonly sights: ReadonlySet<Sight>;
}

/** The middleware rule: it runs for every handshake that the policy allows, and may refuse with a status of its own. */
export function middlewareOutcome(
  valuesOf: (name: string) => readonly string[],
  { middleware }: FuzzSettings,
): MiddlewareOutcome {
  const order = valuesOf(fixture.order).join(", ");
  if (middleware && order === "throw")
    return { ...outcomeOf(["middleware-failed"], []), sights: new Set(["gate 503"]) };
  if (!middleware || !/^\d{3}$/.test(order)) return { ...outcomeOf([], []), sights: new Set() };
  const status = statuses.has(order) ? Number(order) : 403;
  return { ...outcomeOf(["middleware-refused"], []), sights: new Set<Sight>([`gate ${status}`]) };
}
