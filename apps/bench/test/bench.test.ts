import { expect, test } from "vitest";
import type { CheckReport } from "../src/check.ts";
import type { FrameworkReport, HandshakeReport } from "../src/handshake.ts";
import { peers } from "../src/frameworks.ts";
import { serverNames } from "../src/servers.ts";
import { measure } from "./program.ts";

test(
  "check is measured in every cell, and costs as much for a million origins as for ten",
  { timeout: 180_000 },
  async () => {
    const { checks, lengths, heap } = await measure<CheckReport>("check", "--quick");
    expect(checks).toHaveLength(3 * 2 * 2 * 2 * 2);
    for (const { timing } of checks) expect(timing.best).toBeGreaterThan(0);
    const best = (size: number): number =>
      Math.min(
        ...checks
          .filter(({ of }) => of.size === size && of.pattern === "same" && of.kind === "exact")
          .map(({ timing }) => timing.best),
      );
    // Far above the noise of a shared machine, far below what a walk over the list would cost.
    expect(best(1_000_000)).toBeLessThan(20 * best(10));
    const cost = (bytes: number): number => lengths.find(({ of }) => of.bytes === bytes)?.timing.best ?? Number.NaN;
    expect(cost(1_048_576)).toBeLessThan(20 * cost(600));
    expect(heap.every(({ bytes }) => bytes > 0)).toBe(true);
  },
);

test(
  "handshakes are measured for every server, and none costs a multiple of the check by hand",
  { timeout: 120_000 },
  async () => {
    const { handshakes, messages } = await measure<HandshakeReport>("handshake", "--quick");
    expect(handshakes).toHaveLength(2 * serverNames.length - 1);
    for (const { microseconds } of handshakes) expect(microseconds).toBeGreaterThan(0);
    const guard = (outcome: "accepted" | "refused") =>
      handshakes.find((cell) => cell.server === "guard" && cell.outcome === outcome);
    expect(guard("accepted")?.ratios.bare?.value).toBeLessThan(3);
    expect(guard("refused")?.ratios["verify-client"]?.value).toBeLessThan(5);
    expect(Math.max(...messages.map(({ ratio }) => ratio.value))).toBeLessThan(3);
  },
);

test("every adapter is measured beside its framework's usual peer", { timeout: 120_000 }, async () => {
  const { frameworks } = await measure<FrameworkReport>("frameworks", "--quick");
  expect(frameworks.map(({ server, peer }) => [server, peer])).toEqual(Object.entries(peers));
  for (const { microseconds, peerMicroseconds, ratio } of frameworks) {
    expect(Math.min(microseconds, peerMicroseconds)).toBeGreaterThan(0);
    expect(ratio.value).toBeLessThan(4);
  }
});
