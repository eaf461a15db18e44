/** Runs a task when fewer than the limit are running. */
export type Lanes = <Value>(task: () => Promise<Value>) => Promise<Value>;

/** Runs at most `count` tasks at the same time, in the order in which they are given. */
export function lanes(count: number): Lanes {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
