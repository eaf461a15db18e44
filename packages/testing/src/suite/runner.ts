import { describe, test } from "node:test";

/** What runs the tests: `{ describe, test }` of vitest, jest or node:test fits. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
  /**
   * Registers a test that may run at the same time as the tests beside it: `test.concurrent` of vitest or jest. Without it, every test runs alone.
   * `describeAdapter` registers the tests that start a server of their own with it, and with `test` those that observe the whole process.
   */
  concurrent?(name: string, body: () => Promise<void>): unknown;
}

export const nodeRunner: Runner = {
  describe: (name, body) => describe(name, body),
  test: (name, body) => test(name, body),
};
