import { describe, test } from "node:test";

/** What runs the tests: `{ describe, test }` of vitest, jest or node:test fits. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
}

export const nodeRunner: Runner = {
  describe: (name, body) => describe(name, body),
  test: (name, body) => test(name, body),
};
