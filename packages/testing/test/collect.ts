import type { Runner } from "../src/index.ts";

/**
 * Has a suite register its tests, runs those that are picked one after the other, and gives the names of those that fail, with their errors.
 */
export async function failuresOf(
  register: (runner: Runner) => void,
  picks: (name: string) => boolean = () => true,
): Promise<{ readonly names: readonly string[]; readonly failures: ReadonlyMap<string, string> }> {
  const tests = new Map<string, () => Promise<void>>();
  const path: string[] = [];
  register({
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    test: (name, body) => tests.set([...path, name].join(" > "), body),
  });
  const failures = new Map<string, string>();
  for (const [name, body] of tests)
    if (picks(name)) await body().catch((error: unknown) => failures.set(name, String(error)));
  return { names: [...tests.keys()], failures };
}
