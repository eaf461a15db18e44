import { cpus } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { AllocationReport } from "./allocation.ts";
import {
  type CheckCell,
  type CheckReport,
  handChecks,
  kinds,
  type Pattern,
  patterns,
  shapes,
  sizes,
  type Timing,
} from "./check.ts";
import type { FrameworkName, PeerName } from "./frameworks.ts";
import type { FrameworkReport, HandshakeReport } from "./handshake.ts";
import { type ServerName, serverNames } from "./servers.ts";
import type { Ratio } from "./stats.ts";
import type { StormReport } from "./storm.ts";
import { count, table } from "./table.ts";

/** In neutral words: enough to tell one kind of machine from another. */
export function machine(): { readonly node: string; readonly platform: string; readonly cores: number } {
  return { node: process.version, platform: `${process.platform} ${process.arch}`, cores: cpus().length };
}

const patternNames: Record<Pattern, string> = { same: "the same Origin", turn: "1,000 in turn" };
const checkNames = {
  set: "`set.has(origin)`",
  includes: "`list.includes(origin)`",
  url: "`set.has(new URL(origin).origin)`",
};
const shapeNames = { record: "`headers`", raw: "`rawHeaders`" };

export function checkTables(report: CheckReport): string {
  const columns = sizes.map(count);
  const timing = (of: Omit<CheckCell, "size">, size: number): Timing | undefined =>
    report.checks.find((cell) => isDeepStrictEqual(cell.of, { ...of, size }))?.timing;
  const checks = shapes.flatMap((shape) =>
    patterns.flatMap((pattern) =>
      kinds.flatMap((kind) =>
        [true, false].map((hit) => {
          const timings = sizes.map((size) => timing({ kind, hit, shape, pattern }, size));
          const medians = timings.map((each) => each?.median);
          const growth = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
          const title = `${shapeNames[shape]}, ${patternNames[pattern]}: ${kind} ${hit ? "hit" : "miss"}`;
          return [title, medians.map(nanoseconds), nanoseconds(timings.at(-1)?.p99), ratio(growth)].flat();
        }),
      ),
    ),
  );
  const handWritten = handChecks.flatMap((check) =>
    patterns.map((pattern) => {
      const medians = sizes.map((size) => {
        const of = { check, pattern, size };
        return report.handWritten.find((cell) => isDeepStrictEqual(cell.of, of))?.timing.median;
      });
      return [`${checkNames[check]}, ${patternNames[pattern]}`, medians.map(nanoseconds)].flat();
    }),
  );
  const lengths = report.lengths.map(({ of: { origin, bytes }, timing: { median, p99 } }) => [
    origin,
    count(bytes),
    nanoseconds(median),
    nanoseconds(p99),
  ]);
  const compile = kinds.map((kind) => {
    const times = sizes.map((size) => report.compile.find((cell) => cell.kind === kind && cell.size === size));
    return [kind, times.map((cell) => milliseconds(cell?.milliseconds))].flat();
  });
  const heap = report.heap.map(({ what, kind, bytes, size }) => [
    what === "set" ? "`new Set(list)`" : `policy, ${kind}`,
    `${(bytes / 2 ** 20).toFixed(0)} MiB`,
    `${(bytes / size).toFixed(0)} bytes`,
  ]);
  return [
    "One `policy.check`, in nanoseconds: median, by the entries of the list; p99 and growth are the million's.",
    table(["request, pattern: entries", ...columns, "p99", "growth"], checks),
    "The check by hand (a hit), in nanoseconds: median.",
    table(["check", ...columns], handWritten),
    "What a stranger can make a check cost (a million wildcards, a miss), in nanoseconds.",
    table(["Origin", "bytes", "median", "p99"], lengths),
    "Compiling a list, in milliseconds.",
    table(["entries", ...columns], compile),
    "Heap that a million entries keep, the list's own strings included.",
    table(["what", "in all", "an entry"], heap),
  ].join("\n\n");
}

const serverTitles: Record<ServerName, string> = {
  bare: "bare `ws`",
  "verify-client": "by hand: `verifyClient`",
  listener: "by hand: `upgrade` listener",
  guard: "`guard`, a list",
  "guard-hosts": "`guard`, a list and `hosts`",
  "guard-directory": "`guard`, a directory",
};

export function allocationTables({ allocations }: AllocationReport): string {
  const rows = (outcome: string): string[][] =>
    allocations
      .filter((cell) => cell.outcome === outcome)
      .map(({ server, bytes, ofListener, counts }) =>
        [serverTitles[server], count(Math.round(bytes)), ratio(ofListener)].concat(
          Object.values(counts).map((value) => String(Number(value.toFixed(2)))),
        ),
      );
  const head = ["bytes", "of the listener", "promises", "timers", "aborts", "listeners", "addresses"];
  return [
    "Bytes on the JavaScript heap for a handshake, and what it creates, beyond what Node does for any upgrade.",
    table(["accepting", ...head], rows("accepted")),
    table(["refusing", ...head], rows("refused")),
  ].join("\n\n");
}

export function handshakeTables({ handshakes, messages }: HandshakeReport): string {
  const find = (server: ServerName, outcome: string) =>
    handshakes.find((cell) => cell.server === server && cell.outcome === outcome);
  const accepted = serverNames.map((server) => {
    const cell = find(server, "accepted");
    return [serverTitles[server], microseconds(cell?.microseconds), interval(cell?.ratios.bare)];
  });
  const refused = serverNames
    .filter((server) => server !== "bare")
    .map((server) => {
      const cell = find(server, "refused");
      return [
        serverTitles[server],
        microseconds(cell?.microseconds),
        interval(cell?.ratios["verify-client"]),
        interval(cell?.ratios.listener),
      ];
    });
  const echoed = messages.map((cell) => [
    serverTitles[cell.server],
    microseconds(cell.microseconds),
    cell.server === "bare" ? "" : interval(cell.ratio),
  ]);
  return [
    `Accepting: the server's processor time for a handshake, in microseconds; ${handshakes[0]?.rounds ?? 0} rounds.`,
    table(["server", "each", "of bare `ws`"], accepted),
    "Refusing.",
    table(["server", "each", "of `verifyClient`", "of the listener"], refused),
    "A message: read and sent back.",
    table(["server", "each", "of bare `ws`"], echoed),
  ].join("\n\n");
}

const frameworkTitles: Record<FrameworkName | PeerName, string> = {
  express: "`@wsorigin/express`",
  "express-ws": "`express-ws`",
  fastify: "`@wsorigin/fastify`",
  "fastify-websocket": "`@fastify/websocket` alone",
  koa: "`@wsorigin/koa`",
  "koa-easy-ws": "`koa-easy-ws`",
};

export function frameworkTable({ frameworks }: FrameworkReport): string {
  const rows = frameworks.map(({ server, peer, microseconds: ours, peerMicroseconds, ratio }) => [
    frameworkTitles[server],
    microseconds(ours),
    frameworkTitles[peer],
    microseconds(peerMicroseconds),
    interval(ratio),
  ]);
  return [
    `Accepting: the server's processor time for a handshake, in microseconds; ${frameworks[0]?.rounds ?? 0} rounds.`,
    table(["adapter", "each", "peer", "each", "of the peer"], rows),
  ].join("\n\n");
}

export function stormTable({ storms }: StormReport): string {
  const rows = storms.map(({ about, open, milliseconds: time, calls, closed }) => [
    about === "absent" ? "of grants without a socket here" : "of 500 of the open sockets",
    count(open),
    time.toFixed(1),
    count(calls),
    count(closed),
  ]);
  return [
    "500 revocations at once: processor time in milliseconds, and how many functions of wsorigin are called.",
    table(["revocations", "open", "milliseconds", "calls", "closed"], rows),
  ].join("\n\n");
}

function interval(value: Ratio | undefined): string {
  return value === undefined ? "" : `${ratio(value.value)} (${value.low.toFixed(2)} to ${value.high.toFixed(2)})`;
}

function ratio(value: number): string {
  return `${value.toFixed(2)}x`;
}

function nanoseconds(value: number = Number.NaN): string {
  return value < 10_000 ? value.toFixed(0) : count(Math.round(value));
}

function microseconds(value = Number.NaN): string {
  return value.toFixed(value < 20 ? 2 : 1);
}

function milliseconds(value = Number.NaN): string {
  return value < 1 ? value.toFixed(3) : value.toFixed(value < 10 ? 1 : 0);
}
