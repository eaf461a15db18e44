import { closestMatch } from "leven";

/** Returns the name that was most likely meant, or `undefined` where none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  // Two letters of a short name are another name.
  const maxDistance = given.length < 5 ? 1 : 2;
  return closestMatch(given.slice(0, 64).toLowerCase(), known, { maxDistance });
}
