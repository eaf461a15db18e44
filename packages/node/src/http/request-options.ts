import type { Policy } from "@wsorigin/core";
import { type Check, checkEach, functionProblem, logProblem, sourcesOf } from "@wsorigin/core/gate";
import { GateError, type GateIssue, issue } from "../errors.ts";
import { defaults, type GuardOptions } from "../options.ts";

/** Options of `requestGuard()`. */
export type RequestGuardOptions = Pick<GuardOptions, "deadline" | "log" | "onDecision" | "onError">;

const checks: Readonly<Record<keyof RequestGuardOptions, Check>> = {
  deadline: (value) =>
    typeof value === "number" && value > 0 && value <= 0x7fff_ffff
      ? undefined
      : `is ${String(value)}; it must be milliseconds from 1 to 2147483647. The default is ${defaults.deadline}.`,
  log: logProblem,
  onDecision: functionProblem,
  onError: functionProblem,
};

/** The sources of a token that an ordinary request can have. */
const sources = new Set(["bearerHeader", "queryParam", "cookie"]);

/** @throws {GateError} with every problem at once */
export function checkRequestOptions(policy: Policy<unknown>, options: RequestGuardOptions): void {
  const issues = [...policyIssues(policy), ...checkEach(options, checks)];
  if (issues.length > 0) throw new GateError(issues);
}

function policyIssues(policy: unknown): readonly GateIssue[] {
  if (typeof policy !== "object" || policy === null || typeof Reflect.get(policy, "decide") !== "function")
    return [
      issue(
        "option-invalid",
        "policy",
        '`policy` must be created with createPolicy(). Write requestGuard(createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] })).',
      ),
    ];
  const given = sourcesOf(policy);
  if (given.length === 0 || given.some(({ kind }) => sources.has(kind))) return [];
  return [
    issue(
      "option-incoherent",
      "policy",
      "The policy takes its token from subprotocols or the first message, which an ordinary request does not have. Add bearerHeader(), cookie(name) or queryParam(name) to its `from`, or write another policy for HTTP.",
    ),
  ];
}
