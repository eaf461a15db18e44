import { setImmediate } from "node:timers/promises";

/** The work was told to end: what was found until then is kept. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** How long others wait for their turn, in milliseconds. */
const longestTurn = 30;

/**
 * Returns a function for long work to await: it lets others have their turn now and then, so that a signal or a timeout is heard.
 *
 * @throws {Stopped} once the signal is aborted
 */
export function pacing(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > longestTurn) {
      await setImmediate();
      last = performance.now();
    }
    if (signal.aborted) throw new Stopped("The check was told to end.");
  };
}
