const closers: (() => Promise<unknown>)[] = [];

/** Runs after the test, also if the test fails. For tests of one file that run one after the other. */
export function afterwards(close: () => Promise<unknown>): void {
  closers.push(close);
}

/** Runs what `afterwards()` was given. */
export async function closeAll(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()));
}
