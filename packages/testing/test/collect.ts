import type { Runner } from "../src/index.ts";

/**
 * Has a suite register its tests, runs those that are picked at the same time, and gives the names of those that fail, with their errors, in the order of
 * registration.
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
  const results = await Promise.all(
    [...tests].map(async ([name, body]) => {
      if (!picks(name)) return [];
      return body().then(
        () => [],
        (error: unknown) => [[name, String(error)] as const],
      );
    }),
  );
  return { names: [...tests.keys()], failures: new Map(results.flat()) };
}
