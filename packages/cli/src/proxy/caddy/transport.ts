import type { Finding } from "../../finding.ts";
import { found, shortestIdle } from "../checker.ts";
import { secondsOf } from "../durations.ts";
import type { CaddyLine } from "./parse.ts";
import { caddyRules } from "./rules.ts";

/** The times after which a `reverse_proxy` ends a socket. */
export function checkTransport(file: string, { block }: CaddyLine): readonly Finding[] {
  const findings: Finding[] = [];
  const nothing = (line: CaddyLine) => [`# in place of line ${line.line}: nothing`];
  for (const line of block) {
    if (line.name === "stream_timeout" && (secondsOf(line.args[0]) ?? 0) > 0)
      findings.push(found(file, caddyRules.lifetime, line, nothing(line)));
    if (line.name !== "transport") continue;
    for (const inner of line.block) {
      const seconds = secondsOf(inner.args[0]) ?? 0;
      if (inner.name === "read_timeout" && seconds > 0 && seconds <= shortestIdle)
        findings.push(found(file, caddyRules.readTimeout, inner, nothing(inner)));
    }
  }
  return findings;
}
