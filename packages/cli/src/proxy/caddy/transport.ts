import type { Finding } from "../../finding.ts";
import { found, shortestIdle } from "../checker.ts";
import type { CaddyLine } from "./parse.ts";
import { caddyRules } from "./rules.ts";

/** The times after which a `reverse_proxy` ends a socket. */
export function checkTransport(file: string, { block }: CaddyLine): readonly Finding[] {
  const findings: Finding[] = [];
  const nothing = (line: CaddyLine) => [`# in place of line ${line.line}: nothing`];
  for (const line of block) {
    if (line.name === "stream_timeout" && (durationOf(line.args[0]) ?? 0) > 0)
      findings.push(found(file, caddyRules.lifetime, line, nothing(line)));
    if (line.name !== "transport") continue;
    for (const inner of line.block) {
      const seconds = durationOf(inner.args[0]) ?? 0;
      if (inner.name === "read_timeout" && seconds > 0 && seconds <= shortestIdle)
        findings.push(found(file, caddyRules.readTimeout, inner, nothing(inner)));
    }
  }
  return findings;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** Caddy's times, in seconds: `90s`, `1h30m`, `1d`. */
function durationOf(text: string | undefined): number | undefined {
  const parts = [...(text ?? "").matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhd])/g)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (units[unit] ?? 0), 0);
}
