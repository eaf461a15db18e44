import { type FuzzCase, shorterCases } from "./case.ts";

/** Drops changes one by one, as long as the case still fails. */
export async function shrink(given: FuzzCase, fails: (shorter: FuzzCase) => Promise<boolean>): Promise<FuzzCase> {
  for (const shorter of shorterCases(given)) {
    if (await fails(shorter)) return shrink(shorter, fails);
  }
  return given;
}
