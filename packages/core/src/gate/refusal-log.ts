import type { DenyCode } from "../check/codes.ts";
import type { Deny } from "../check/decision.ts";
import { explain } from "../explain/explain.ts";
import { quote } from "../explain/text.ts";
import { unref } from "./unref.ts";

/** What `explain()` calls it. */
const handshake = "a WebSocket handshake";

/** How long the same refusal is not logged again, in milliseconds. */
const quiet = 60_000;

/** How many refusals are logged in that time. */
const maxEntries = 100;

/** What a log entry says besides the decision, read only if it is written. */
export interface LogSource {
  readonly path: string | undefined;
  readonly ip: string;
  /** The Host as it came. */
  readonly host: string | undefined;
}

/** A refusal that was logged. */
interface Logged {
  readonly mode: "enforce" | "report";
  readonly code: DenyCode;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** On the clock of the log. */
  readonly at: number;
}

const none: readonly Logged[] = [];

export interface RefusalLogOptions {
  readonly write: (text: string) => void;
  /** A clock in milliseconds that never goes back: `() => performance.now()`. */
  readonly now: () => number;
  /** What is decided on. Default: a WebSocket handshake. */
  readonly what?: string | undefined;
}

/** Logs refusals with `explain()`'s text: each code, Origin and Host once a minute, at most 100 a minute, then how many were left out. */
export class RefusalLog {
  readonly #options: RefusalLogOptions;
  /** What was logged in the last minute, in order; at most `maxEntries`. */
  readonly #logged: Logged[] = [];
  /** The same by Origin: a text made of all fields would have to be hashed for each refusal. */
  readonly #byOrigin = new Map<string | undefined, readonly Logged[]>();
  /** How many refusals of each code were left out since the log last said so. */
  readonly #leftOut = new Map<DenyCode, number>();
  #summary: ReturnType<typeof setTimeout> | undefined;
  /** When each piece of advice was last logged; one for each kind and route. */
  readonly #advised = new Map<string, number>();

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  /** Logs something that is not about one handshake. */
  notice(text: string): void {
    this.#options.write(`[wsorigin] ${text}`);
  }

  /**
   * Logs a sentence on a problem that only the client sees, with the fix: once a minute for each key.
   *
   * @param key the kind of problem and the route, which the app wrote: never anything from a client
   */
  advise(key: string, text: () => string): void {
    const now = this.#options.now();
    const last = this.#advised.get(key);
    if (last !== undefined && now - last < quiet) return;
    this.#advised.set(key, now);
    this.notice(text());
  }

  refusal(decision: Deny, mode: Logged["mode"], source: LogSource): void {
    if (!this.#isNew(decision, mode, source.host?.slice(0, 256))) {
      this.#leftOut.set(decision.code, (this.#leftOut.get(decision.code) ?? 0) + 1);
      if (this.#summary === undefined) this.#summary = unref(setTimeout(() => this.#summarise(), quiet));
      return;
    }
    const { path, ip } = source;
    const where = path === undefined ? "no route" : `route ${path}`;
    const note = mode === "report" ? "; reported only, let through" : "";
    const text = explain(decision).replace(handshake, this.#options.what ?? handshake);
    this.notice(`${text}\n  where:    ${where}, client ${quote(ip)}${note}`);
  }

  /** Whether a refusal is logged: the same (code, Origin, Host) was not in the last minute, and fewer than `maxEntries` others were. */
  #isNew({ code, origin }: Deny, mode: Logged["mode"], host: string | undefined): boolean {
    const now = this.#options.now();
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
    this.notice(
      `Not logged in the last minute, because they repeat or exceed ${maxEntries} entries: ${counts.join(", ")}`,
    );
  }
}
