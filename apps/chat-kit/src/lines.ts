import { quote } from "@wsorigin/core";
import type { DecisionEvent } from "@wsorigin/node";

/** One line that tells of a decision. What came from the client is quoted and escaped: an Origin can hold anything. */
export function decisionLine({ decision, route, ms, mode }: DecisionEvent): string {
  const verdict = decision.allowed ? "allowed" : mode === "report" ? "let in" : "refused";
  return line(verdict, decision.code, decision.origin, route, `${ms.toFixed(1)} ms`);
}

/** The same for a socket that nobody decided on. */
export function unguardedLine(origin: string | undefined, route: string): string {
  return line("let in", "nobody-asked", origin, route, "");
}

function line(
  verdict: string,
  code: string,
  origin: string | undefined,
  route: string | undefined,
  time: string,
): string {
  const now = new Date().toTimeString().slice(0, 8);
  const from = origin === undefined ? "no Origin" : quote(origin);
  return `${now}  ${verdict.padEnd(7)}  ${code.padEnd(18)}  ${from.padEnd(25)}  ${(route ?? "no route").padEnd(11)}  ${time}`.trimEnd();
}
