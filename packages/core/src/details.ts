import { type Circumstances, circumstancesOf, type Deny } from "./check/decision.ts";
import { layout, shared } from "./shared.ts";

/** How each copy of the core reads what it attached to its decisions: a gate explains the decisions of a policy that another copy made. */
const readers = shared(`readers.${layout}`, () => new Set<typeof circumstancesOf>());
readers.add(circumstancesOf);

/** Returns the details of a refusal, whichever copy made it; empty if the decision was copied or made elsewhere. */
export function detailsOf(decision: Deny): Circumstances {
  return Object.assign({}, ...Array.from(readers, (read) => read(decision)));
}
