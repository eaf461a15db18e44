import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";

/** How long every wait lasts by default, in milliseconds. Long enough for a machine that is busy with other work. */
export const patience = 30_000;

/** What was waited for did not come. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/**
 * Gives the event loop some turns after a timeout. If the machine was busy, a timer is due together with what it limits, and Node runs timers first.
 */
async function catchUp(): Promise<void> {
  for (let turns = 0; turns < 100; turns++) await turn();
}

/** The promise's own outcome, or a `TimeoutError` that says what was waited for. */
export async function within<T>(promise: Promise<T>, timeout: number, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      void catchUp().then(() => reject(new TimeoutError(`Waited ${timeout} ms for ${what()}.`)));
    }, timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until a condition holds. For what has no event; where there is an event, wait for that.
 *
 * @throws {TimeoutError} when it does not hold after `timeout` milliseconds
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeout: number = patience,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() < end) {
      await delay(2);
      continue;
    }
    await catchUp();
    if (await condition()) return;
    throw new TimeoutError(`Waited ${timeout} ms until ${what}.`);
  }
}
