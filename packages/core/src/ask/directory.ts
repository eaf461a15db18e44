import { isWebOrigin, parseOrigin } from "../check/origin.ts";
import { isLoopback } from "../config/host-text.ts";
import { LazySignal, type SignalSource } from "./abort.ts";
import { ask, type Asked } from "./ask.ts";

/** Origins that are known only at run time, such as a table of tenants. A `Set` of serialised origins fits. */
export interface Directory {
  /**
   * Whether pages of this origin may open a socket. Called after `origins`, with a well-formed serialised origin, never with `null`. Any value but
   * `true` or `false`, a throw, a rejection or an aborted `signal` refuses the handshake (`directory-failed`).
   *
   * @param signal aborts when the client disconnects or the time is over. A function that takes exactly one argument (`has.length === 1`) may not
   *   get it: making a signal costs more than most lookups
   */
  has(origin: string, signal: AbortSignal): boolean | Promise<boolean>;
}

/** Whether an origin may be looked up: well-formed, and not plain `http:` beyond loopback unless the policy permits that. */
export function mayAsk(origin: string, insecureToo: boolean): boolean {
  const parsed = parseOrigin(origin);
  if (parsed === undefined) return false;
  return !isWebOrigin(parsed) || parsed.scheme === "https" || insecureToo || isLoopback(parsed.host);
}

/** Looks an origin up. A failure is returned as a sentence; a promise is returned only if the directory returns one, and never rejects. */
export function askDirectory(
  directory: Directory,
  origin: string,
  source: SignalSource,
): boolean | string | Promise<boolean | string> {
  const signal = new LazySignal(source);
  const asked = ask("the directory", "directory.has()", signal, () => {
    const needed = directory.has.length === 1 ? signal.existing : signal.get();
    // Called through Reflect, since the type asks for a signal always.
    return Reflect.apply(Reflect.get(directory, "has"), directory, needed === undefined ? [origin] : [origin, needed]);
  });
  return asked instanceof Promise ? asked.then(readAnswer) : readAnswer(asked);
}

function readAnswer(asked: Asked): boolean | string {
  if ("problem" in asked) return asked.problem;
  return typeof asked.answer === "boolean"
    ? asked.answer
    : `directory.has() returned ${typeof asked.answer}, which is neither true nor false.`;
}
