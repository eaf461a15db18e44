import { type Decision, escapeControls } from "@wsorigin/core";
import { attempt, errorText, type LogSource, RefusalLog } from "@wsorigin/core/gate";
import type { UpgradeGuardOptions } from "./options.ts";

/** The outcome of one handshake. Contains no token, cookie or query string. */
export interface DecisionEvent {
  readonly decision: Decision<unknown>;
  /** The `route` that the guard was called with. */
  readonly route: string | undefined;
  /** The `ip` that the guard was called with; `""` without one. */
  readonly ip: string;
  /** How long the decision took, in milliseconds. */
  readonly ms: number;
  /** `"report"`: a refusal was reported only, and the handshake was let through. */
  readonly mode: "enforce" | "report";
  /** The decision of the second policy (`report`). */
  readonly reported?: Decision<unknown>;
}

/** Reports decisions and errors. What callbacks throw changes no decision. */
export class Reporter {
  readonly #options: Pick<UpgradeGuardOptions, "log" | "onDecision" | "onError">;
  readonly #log: RefusalLog | undefined;

  constructor(options: Pick<UpgradeGuardOptions, "log" | "onDecision" | "onError">) {
    this.#options = options;
    const { log = print } = options;
    if (log === false) return;
    const write = (text: string): void =>
      attempt(
        () => log(text),
        (error) => this.error(error, "log"),
      );
    this.#log = new RefusalLog({ write, now: () => performance.now() });
  }

  decision(event: DecisionEvent, source: LogSource): void {
    const { onDecision } = this.#options;
    const { decision, mode, reported } = event;
    if (onDecision !== undefined)
      attempt(
        () => onDecision(Object.freeze(event)),
        (error) => this.error(error, "onDecision"),
      );
    if (!decision.allowed) this.#log?.refusal(decision, mode, source);
    if (reported?.allowed === false) this.#log?.refusal(reported, "report", source);
  }

  error(error: unknown, where: string): void {
    const { onError = printError } = this.#options;
    attempt(
      () => onError(error, where),
      (second) => printError(second, "onError"),
    );
  }
}

function printError(error: unknown, where: string): void {
  print(errorText(error, where));
}

function print(text: string): void {
  // oxlint-disable-next-line no-console -- The one output that every runtime has.
  console.error(escapeControls(text));
}
