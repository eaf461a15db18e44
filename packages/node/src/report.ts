import { channel } from "node:diagnostics_channel";
import { type Decision, type Deny, type DenyCode, escapeControls, explain, quote } from "@wsorigin/core";
import { attempt } from "./attempt.ts";

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
export interface EventSource {
  readonly path: string | undefined;
  readonly ip: string;
  readonly ms: number;
  /** The Host as it came. */
  readonly host: string | undefined;
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

/** What `explain()` calls it. */
const handshake = "a WebSocket handshake";

/** How long the same refusal is not logged again, in milliseconds. */
const quiet = 60_000;

/** How many refusals are logged in that time. */
const maxEntries = 100;

/** A refusal that was logged. */
interface Logged {
  readonly mode: DecisionEvent["mode"];
  readonly code: DenyCode;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

const none: readonly Logged[] = [];

/** Reports decisions and errors. Subscribers cannot change a decision. */
export class Reporter {
  readonly #options: ReporterOptions;
  /** What was logged in the last minute, in order; at most `maxEntries`. */
  readonly #logged: Logged[] = [];
  /** The same by Origin: a text made of all fields would have to be hashed for each refusal. */
  readonly #byOrigin = new Map<string | undefined, readonly Logged[]>();
  /** How many refusals of each code were left out since the log last said so. */
  readonly #leftOut = new Map<DenyCode, number>();
  #summary: NodeJS.Timeout | undefined;
  /** When each piece of advice was last logged; one for each kind and route. */
  readonly #advised = new Map<string, number>();

  constructor(options: ReporterOptions) {
    this.#options = options;
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
    const { onDecision, log } = this.#options;
    if (onDecision !== undefined || decisions.hasSubscribers) {
      const { path: route, ip, ms } = source;
      const event = Object.freeze({ decision, route, ip, ms, mode, ...(reported !== undefined && { reported }) });
      if (onDecision !== undefined) this.#attempt("onDecision", () => onDecision(event));
      if (decisions.hasSubscribers) this.#publish(event);
    }
    if (log === false) return;
    if (!decision.allowed) this.#log(decision, mode, source);
    if (reported?.allowed === false) this.#log(reported, "report", source);
  }

  error(error: unknown, where: string): void {
    const { onError } = this.#options;
    if (onError === undefined) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return writeError(`[wsorigin] ${where} failed: ${text.slice(0, maxErrorLength)}`);
    }
    attempt(
      () => onError(error, where),
      (second) => writeError(`[wsorigin] onError failed: ${String(second)}`),
    );
  }

  /** Logs something that is not about a handshake. */
  notice(text: string): void {
    if (this.#options.log !== false) this.#write(`[wsorigin] ${text}`);
  }

  /**
   * Logs a sentence on a problem that only the client sees, with the fix: once a minute for each key.
   *
   * @param key the kind of problem and the route, which the app wrote: never anything from a client
   */
  advise(key: string, text: () => string): void {
    if (this.#options.log === false) return;
    const now = performance.now();
    const last = this.#advised.get(key);
    if (last !== undefined && now - last < quiet) return;
    this.#advised.set(key, now);
    this.notice(text());
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

  #log(decision: Deny, mode: DecisionEvent["mode"], source: EventSource): void {
    if (!this.#isNew(decision, mode, source.host?.slice(0, 256))) {
      this.#leftOut.set(decision.code, (this.#leftOut.get(decision.code) ?? 0) + 1);
      if (this.#summary === undefined) this.#summary = setTimeout(() => this.#summarise(), quiet).unref();
      return;
    }
    const { path, ip } = source;
    const where = path === undefined ? "no route" : `route ${path}`;
    const note = mode === "report" ? "; reported only, let through" : "";
    this.#write(
      `[wsorigin] ${explain(decision).replace(handshake, this.#options.what ?? handshake)}\n  where:    ${where}, client ${quote(ip)}${note}`,
    );
  }

  /** Whether a refusal is logged: the same (code, Origin, Host) was not in the last minute, and fewer than `maxEntries` others were. */
  #isNew({ code, origin }: Deny, mode: DecisionEvent["mode"], host: string | undefined): boolean {
    const now = performance.now();
    for (let oldest = this.#logged[0]; oldest !== undefined && now - oldest.at >= quiet; oldest = this.#logged[0])
      this.#forget(oldest);
    const known = this.#byOrigin.get(origin) ?? none;
    for (const logged of known) if (logged.code === code && logged.host === host && logged.mode === mode) return false;
    if (this.#logged.length >= maxEntries) return false;
    const logged: Logged = { mode, code, origin, host, at: now };
    this.#logged.push(logged);
    this.#byOrigin.set(origin, [...known, logged]);
    return true;
  }

  /** Forgets the oldest one, which is also the oldest of its Origin. */
  #forget({ origin }: Logged): void {
    this.#logged.shift();
    const [, ...others] = this.#byOrigin.get(origin) ?? [];
    if (others.length > 0) this.#byOrigin.set(origin, others);
    else this.#byOrigin.delete(origin);
  }

  #summarise(): void {
    this.#summary = undefined;
    const counts = [...this.#leftOut].map(([code, count]) => `${code} ${count}`);
    this.#leftOut.clear();
    this.#write(
      `[wsorigin] Not logged in the last minute, because they repeat or exceed ${maxEntries} entries: ${counts.join(", ")}`,
    );
  }

  #write(text: string): void {
    const { log } = this.#options;
    if (typeof log === "function") this.#attempt("log", () => log(text));
    else writeError(text);
  }
}

/** How much of an error is printed, in characters. */
const maxErrorLength = 4096;

/** An error's text can quote what a client sent. */
function writeError(text: string): void {
  process.stderr.write(`${escapeControls(text)}\n`);
}
