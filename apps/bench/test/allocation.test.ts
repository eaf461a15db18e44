import { beforeAll, expect, test } from "vitest";
import type { AllocationCell, AllocationReport, Outcome } from "../src/allocation.ts";
import type { ServerName } from "../src/servers.ts";
import { measure } from "./program.ts";

let allocations: readonly AllocationCell[];

// Counted, not timed: the figures are the same in every run, whatever else the machine does.
beforeAll(async () => {
  ({ allocations } = await measure<AllocationReport>("bytes", "listener", "guard"));
}, 300_000);

function cell(server: ServerName, outcome: Outcome): AllocationCell {
  const found = allocations.find((each) => each.server === server && each.outcome === outcome);
  if (found === undefined) throw new Error(`${server} was not measured.`);
  return found;
}

test("accepting allocates at most 1.5 times the bytes of the check by hand", () => {
  expect(cell("listener", "accepted").bytes).toBeGreaterThan(0);
  expect(cell("guard", "accepted").ofListener).toBeLessThanOrEqual(1.5);
});

test("refusing allocates at most 3.5 times the bytes of the check by hand", () => {
  expect(cell("listener", "refused").bytes).toBeGreaterThan(0);
  expect(cell("guard", "refused").ofListener).toBeLessThanOrEqual(3.5);
});

test.each(["accepted", "refused"] as const)(
  "a handshake that is %s at once creates no promise, timer or abort controller, and reads no address",
  (outcome) => {
    const { promises, timers, aborts, addresses } = cell("guard", outcome).counts;
    expect({ promises, aborts, addresses }).toEqual({ promises: 0, aborts: 0, addresses: 0 });
    // One timer serves all refusals of two seconds, and a slow machine takes longer.
    expect(timers).toBeLessThan(0.1);
  },
);

test.each(["accepted", "refused"] as const)(
  "a handshake that is %s at once has no more listeners than the check by hand adds",
  (outcome) => {
    expect(cell("guard", outcome).counts.listeners).toBeLessThanOrEqual(cell("listener", outcome).counts.listeners);
  },
);
