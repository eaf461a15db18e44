import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { CheckReport } from "../src/check.ts";
import type { FrameworkReport, HandshakeReport } from "../src/handshake.ts";
import { peers } from "../src/frameworks.ts";
import { serverNames } from "../src/servers.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

async function measure<Report>(command: string): Promise<Report> {
  if (!existsSync(program)) throw new Error("The benchmark is not built. Run: pnpm build");
  const { stdout } = await promisify(execFile)(process.execPath, [program, command, "--quick", "--json"], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout);
}

test(
  "check is measured in every cell, and costs as much for a million origins as for ten",
  { timeout: 180_000 },
  async () => {
    const { checks, lengths, heap } = await measure<CheckReport>("check");
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
    const { handshakes, messages } = await measure<HandshakeReport>("handshake");
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
  const { frameworks } = await measure<FrameworkReport>("frameworks");
  expect(frameworks.map(({ server, peer }) => [server, peer])).toEqual(Object.entries(peers));
  for (const { microseconds, peerMicroseconds, ratio } of frameworks) {
    expect(Math.min(microseconds, peerMicroseconds)).toBeGreaterThan(0);
    expect(ratio.value).toBeLessThan(4);
  }
});
