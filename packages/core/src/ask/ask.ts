import { type LazySignal, raceAbort } from "./abort.ts";

/** The answer of a callback, or a sentence that says what went wrong. */
export type Asked = { readonly answer: unknown } | { readonly problem: string };

/**
 * Calls a callback of the app that may throw, reject or never answer. Never throws or rejects. Returns a promise only if the callback returned
 * one; only then is the signal needed.
 *
 * @param who the callback in words, such as `the directory`
 * @param how how it is called, such as `directory.has()`
 */
export function ask(who: string, how: string, signal: LazySignal, call: () => unknown): Asked | Promise<Asked> {
  if (signal.existing?.aborted === true) return { problem: `The handshake was aborted before ${who} was called.` };
  try {
    const given = call();
    return isThenable(given) ? wait(who, how, signal, given) : { answer: given };
  } catch (error) {
    return { problem: `${how} failed: ${reasonOf(error)}` };
  }
}

async function wait(who: string, how: string, lazy: LazySignal, work: PromiseLike<unknown>): Promise<Asked> {
  let signal: AbortSignal | undefined;
  try {
    if (lazy.abortable) signal = lazy.get();
    return { answer: await (signal === undefined ? work : raceAbort(work, signal)) };
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason)
      return { problem: `${who[0]?.toUpperCase()}${who.slice(1)} did not answer in time.` };
    return { problem: `${how} failed: ${reasonOf(error)}` };
  }
}

/** The text of whatever was thrown; errors of the app may have any shape. */
function reasonOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : undefined;
    return typeof message === "string" ? message : typeof error;
  } catch {
    return typeof error;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
