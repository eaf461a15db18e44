import type { RuleName } from "./rules.ts";

/**
 * The rules of which some findings come with a change. A `fix` changes nothing for what browsers send; a `suggestion` may need a package to be installed, or
 * refuse pages that got in before.
 */
export const changedRules: ReadonlyMap<string, "fix" | "suggestion"> = new Map<RuleName, "fix" | "suggestion">([
  ["ws", "suggestion"],
  ["upgrade", "suggestion"],
  ["substring", "suggestion"],
  ["prefix", "suggestion"],
  ["suffix", "suggestion"],
  ["secondList", "suggestion"],
  ["plainSocket", "suggestion"],
  ["caseFolded", "fix"],
  ["stateful", "fix"],
]);
