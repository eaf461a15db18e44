import { beforeAll, expect, test } from "vitest";
import type { StormCell, StormReport } from "../src/storm.ts";
import { measure } from "./program.ts";

let storms: readonly StormCell[];

// Calls are counted, not timed: the same in every run.
beforeAll(async () => {
  ({ storms } = await measure<StormReport>("storm", "counts"));
});

function cell(about: StormCell["about"], open: number): StormCell {
  const found = storms.find((each) => each.about === about && each.open === open);
  if (found === undefined) throw new Error(`${open} open sockets were not measured.`);
  return found;
}

test.each(["absent", "present"] as const)(
  "500 revocations (%s) cost as much over 4,000 open sockets as over 500",
  (about) => {
    expect(cell(about, 500).calls).toBeGreaterThan(500);
    expect(cell(about, 4000).calls).toBe(cell(about, 500).calls);
  },
);

test("each revocation closes the socket that it is about, and no other", () => {
  expect(storms.map(({ about, open, closed }) => [about, open, closed])).toEqual([
    ["absent", 500, 0],
    ["present", 500, 500],
    ["absent", 4000, 0],
    ["present", 4000, 500],
  ]);
});
