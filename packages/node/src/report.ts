import { channel } from "node:diagnostics_channel";
import { type Decision, explain, quote } from "@wsorigin/core";

/** What became of one upgrade. Holds no token, no cookie and no query string. */
export interface DecisionEvent {
  readonly decision: Decision<unknown>;
  /** The route's path as it was written; `undefined` where the upgrade was on no route. */
  readonly route: string | undefined;
  /** The client's address, as the server's trust settings see it. */
  readonly ip: string;
  /** How long the decision took, in milliseconds. */
  readonly ms: number;
  /** `"report"`: a refusal was told of, and let through. */
  readonly mode: "enforce" | "report";
  /** What the second policy (`report`) said. */
  readonly reported?: Decision<unknown>;
}

export interface ReporterOptions {
  readonly onDecision?: ((event: DecisionEvent) => void) | undefined;
  readonly onError?: ((error: unknown, where: string) => void) | undefined;
  readonly log?: ((text: string) => void) | false | undefined;
}

/** Node's own: the reference keeps the channel, and those who subscribed to it, alive. */
const decisions = channel("wsorigin:decision");

/** How long a reason is not repeated in the log, in milliseconds. */
const quiet = 60_000;

/** Tells the operator. Nothing that a subscriber does can change a decision. */
export class Reporter {
  readonly #options: ReporterOptions;
  /** When each reason was last written, and how often it came since. Bounded by the number of codes. */
  readonly #written = new Map<string, { at: number; since: number }>();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  decision(event: DecisionEvent): void {
    Object.freeze(event);
    const { onDecision, log } = this.#options;
    if (onDecision !== undefined) this.#attempt("onDecision", () => onDecision(event));
    if (decisions.hasSubscribers) this.#publish(event);
    if (log === false) return;
    if (!event.decision.allowed) this.#log(event.decision, event.mode, event);
    if (event.reported?.allowed === false) this.#log(event.reported, "report", event);
  }

  error(error: unknown, where: string): void {
    const { onError } = this.#options;
    if (onError === undefined)
      return writeError(
        `[wsorigin] ${where} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    attempt(
      () => onError(error, where),
      (second) => writeError(`[wsorigin] onError failed: ${String(second)}`),
    );
  }

  #attempt(where: string, call: () => unknown): void {
    attempt(call, (error) => this.error(error, where));
  }

  /** `channel.publish()` turns what a subscriber throws into an uncaught exception, which ends the process: so each one is called here. */
  #publish(event: DecisionEvent): void {
    const subscribers: unknown = Reflect.get(decisions, "_subscribers");
    if (!Array.isArray(subscribers)) return decisions.publish(event);
    for (const subscriber of subscribers) {
      if (typeof subscriber === "function")
        this.#attempt("a subscriber of wsorigin:decision", () => subscriber(event, decisions.name));
    }
  }

  #log(decision: Decision<unknown>, mode: DecisionEvent["mode"], { route, ip }: DecisionEvent): void {
    const reason = `${decision.code} ${mode}`;
    const now = performance.now();
    const last = this.#written.get(reason);
    if (last !== undefined && now - last.at < quiet) return void last.since++;
    this.#written.set(reason, { at: now, since: 0 });
    const where = `  where:    ${route === undefined ? "no route" : `route ${route}`}, client ${quote(ip)}${mode === "report" ? "; only reported, let through" : ""}`;
    const more = last !== undefined && last.since > 0 ? `\n  (${last.since} more since this was last written)` : "";
    const text = `[wsorigin] ${explain(decision)}\n${where}${more}`;
    const { log } = this.#options;
    if (typeof log === "function") this.#attempt("log", () => log(text));
    else writeError(text);
  }
}

/** Calls what is not ours. What it throws, or rejects with later, goes no further. */
export function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

function writeError(text: string): void {
  process.stderr.write(`${text}\n`);
}
