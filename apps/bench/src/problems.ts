import type { AllocationReport } from "./allocation.ts";
import type { CheckReport } from "./check.ts";
import { peers } from "./frameworks.ts";
import type { FrameworkReport, HandshakeReport } from "./handshake.ts";
import { serverNames } from "./servers.ts";
import type { StormReport } from "./storm.ts";

type Report = AllocationReport & CheckReport & FrameworkReport & HandshakeReport & StormReport;

/**
 * What is missing in a report, or of another order than it should be. Limits of times are far above the noise of a shared machine, and far below what a
 * mistake costs: a walk over the list, a second parse of the request.
 */
export function problemsOf(report: Report): readonly string[] {
  return [
    ...problemsOfBytes(report),
    ...problemsOfStorm(report),
    ...problemsOfCheck(report),
    ...problemsOfHandshakes(report),
    ...problemsOfFrameworks(report),
  ];
}

function* problemsOfBytes({ allocations }: AllocationReport): Iterable<string> {
  const ratio = (outcome: string): number | undefined =>
    allocations.find((cell) => cell.server === "guard" && cell.outcome === outcome)?.ofListener;
  yield* above("bytes of an accepted handshake, of the check by hand", ratio("accepted"), 1.5);
  yield* above("bytes of a refused handshake, of the check by hand", ratio("refused"), 3.5);
}

function* problemsOfStorm({ storms }: StormReport): Iterable<string> {
  for (const { about, open, milliseconds } of storms)
    yield* above(`milliseconds for 500 revocations (${about}) over ${open} sockets`, milliseconds, 150);
}

function* problemsOfCheck({ checks, lengths, heap }: CheckReport): Iterable<string> {
  yield* unequal("cells of check", checks.length, 3 * 2 * 2 * 2 * 2);
  const best = (size: number): number =>
    Math.min(
      ...checks
        .filter(({ of }) => of.size === size && of.pattern === "same" && of.kind === "exact")
        .map(({ timing }) => timing.best),
    );
  yield* above("a check of 1,000,000 origins, of one of 10", best(1_000_000) / best(10), 20);
  const cost = (bytes: number): number => lengths.find(({ of }) => of.bytes === bytes)?.timing.best ?? Number.NaN;
  yield* above("a check of 1 MiB, of one of 600 bytes", cost(1_048_576) / cost(600), 20);
  if (!heap.every(({ bytes }) => bytes > 0)) yield "A policy keeps no heap.";
}

function* problemsOfHandshakes({ handshakes, messages }: HandshakeReport): Iterable<string> {
  yield* unequal("cells of handshake", handshakes.length, 2 * serverNames.length - 1);
  const guard = (outcome: string) => handshakes.find((cell) => cell.server === "guard" && cell.outcome === outcome);
  // The lower end of the interval: a few rounds on a busy machine prove no more.
  yield* above("accepting, of bare ws, at least", guard("accepted")?.ratios.bare?.low, 1.5);
  yield* above("refusing, of verifyClient, at least", guard("refused")?.ratios["verify-client"]?.low, 1.5);
  yield* above("a message, of bare ws", Math.max(...messages.map(({ ratio }) => ratio.value)), 3);
}

function* problemsOfFrameworks({ frameworks }: FrameworkReport): Iterable<string> {
  yield* unequal("adapters", frameworks.length, Object.keys(peers).length);
  for (const { server, peer, ratio } of frameworks) yield* above(`${server}, of ${peer}`, ratio.value, 4);
}

/** What was not measured is a problem, too. */
function* above(what: string, value: number | undefined, limit: number): Iterable<string> {
  if (value === undefined || !(value > 0 && value <= limit))
    yield `${what}: ${value?.toFixed(2) ?? "not measured"}. Expected: above 0, at most ${limit}.`;
}

function* unequal(what: string, value: number, expected: number): Iterable<string> {
  if (value !== expected) yield `${what}: ${value}. Expected: ${expected}.`;
}
