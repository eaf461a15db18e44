import { channel } from "node:diagnostics_channel";
import { type Decision, escapeControls } from "@wsorigin/core";
import { attempt, errorText, type LogSource, RefusalLog } from "@wsorigin/core/gate";

/** The outcome of one handshake. Contains no token, cookie or query string. */
export interface DecisionEvent {
  readonly decision: Decision<unknown>;
  /** The route's path as it was written; `undefined` if the handshake was not for a route. */
  readonly route: string | undefined;
  /** The client's address, as the server's trust settings see it. */
  readonly ip: string;
  /** How long the decision took, in milliseconds. */
  readonly ms: number;
  /** `"report"`: a refusal was reported only, and the handshake was let through. */
  readonly mode: "enforce" | "report";
  /** The decision of the second policy (`report`). */
  readonly reported?: Decision<unknown>;
}

/** What an event is made of, read only if there is somebody to tell. */
export interface EventSource extends LogSource {
  readonly ms: number;
}

export interface ReporterOptions {
  readonly onDecision?: ((event: DecisionEvent) => void) | undefined;
  readonly onError?: ((error: unknown, where: string) => void) | undefined;
  readonly log?: ((text: string) => void) | false | undefined;
  /** What is decided on, for the log. Default: a WebSocket handshake. */
  readonly what?: string;
}

/** Node's own: the reference keeps the channel, and its subscribers, alive. */
const decisions = channel("wsorigin:decision");

/** Reports decisions and errors. Subscribers cannot change a decision. */
export class Reporter {
  readonly #options: ReporterOptions;
  /** `undefined` if nothing is logged. */
  readonly #log: RefusalLog | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { log, what } = options;
    if (log === false) return;
    this.#log = new RefusalLog({ write: (text) => this.#write(text), now: () => performance.now(), what });
  }

  /** Whether there is somebody to send events to. */
  get isHeard(): boolean {
    return this.#options.onDecision !== undefined || decisions.hasSubscribers;
  }

  /** Reports one decision. Nothing is read from the source unless somebody is told. */
  decision(
    decision: Decision<unknown>,
    mode: DecisionEvent["mode"],
    source: EventSource,
    reported: Decision<unknown> | undefined,
  ): void {
    const { onDecision } = this.#options;
    if (onDecision !== undefined || decisions.hasSubscribers) {
      const { path: route, ip, ms } = source;
      const event = Object.freeze({ decision, route, ip, ms, mode, ...(reported !== undefined && { reported }) });
      if (onDecision !== undefined) this.#attempt("onDecision", () => onDecision(event));
      if (decisions.hasSubscribers) this.#publish(event);
    }
    if (!decision.allowed) this.#log?.refusal(decision, mode, source);
    if (reported?.allowed === false) this.#log?.refusal(reported, "report", source);
  }

  error(error: unknown, where: string): void {
    const { onError } = this.#options;
    if (onError === undefined) return writeError(errorText(error, where));
    attempt(
      () => onError(error, where),
      (second) => writeError(errorText(second, "onError")),
    );
  }

  /** Logs something that is not about a handshake. */
  notice(text: string): void {
    this.#log?.notice(text);
  }

  /** Logs a sentence on a problem that only the client sees, once a minute for each key; see `RefusalLog`. */
  advise(key: string, text: () => string): void {
    this.#log?.advise(key, text);
  }

  #attempt(where: string, call: () => unknown): void {
    attempt(call, (error) => this.error(error, where));
  }

  /** `channel.publish()` turns errors of a subscriber into uncaught exceptions, which end the process, so each subscriber is called here. */
  #publish(event: DecisionEvent): void {
    const subscribers: unknown = Reflect.get(decisions, "_subscribers");
    if (!Array.isArray(subscribers)) return decisions.publish(event);
    for (const subscriber of subscribers) {
      if (typeof subscriber === "function")
        this.#attempt("a subscriber of wsorigin:decision", () => subscriber(event, decisions.name));
    }
  }

  #write(text: string): void {
    const { log } = this.#options;
    if (typeof log === "function") this.#attempt("log", () => log(text));
    else writeError(text);
  }
}

/** An error's text can quote what a client sent. */
function writeError(text: string): void {
  process.stderr.write(`${escapeControls(text)}\n`);
}
