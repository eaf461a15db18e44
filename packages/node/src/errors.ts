import { ConfigurationError, type ConfigurationIssue } from "@wsorigin/core";

/** One problem in how a gate is set up. */
export type GateIssue = ConfigurationIssue<GateIssueCode>;

export type GateIssueCode =
  | "app-invalid"
  | "handler-missing"
  | "middleware-cors"
  | "middleware-invalid"
  | "option-incoherent"
  | "option-invalid"
  | "option-missing"
  | "option-unknown"
  | "plugin-conflict"
  | "route-duplicate"
  | "route-invalid"
  | "server-guarded"
  | "server-has-sessions"
  | "server-invalid";

/**
 * The gate cannot be set up as asked. Thrown by `guard()`, `gate.route()` and the adapters, never while a handshake is decided. Its `issues` hold
 * every problem at once, each with its code, the option or path it is about, and what to write instead.
 */
export class GateError extends ConfigurationError<GateIssueCode> {
  override readonly name = "GateError";
  override readonly code = "ERR_WSORIGIN_GATE";

  constructor(issues: readonly GateIssue[]) {
    super("ERR_WSORIGIN_GATE", issues);
  }
}

/** Makes one issue. */
export function issue(code: GateIssueCode, entry: string, message: string): GateIssue {
  return { code, entry, message };
}
