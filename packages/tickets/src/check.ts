import { quote } from "@wsorigin/core";
import { TicketsError } from "./errors.ts";

/** Names any value of a configuration, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** Whether a value has all of these methods. */
export function hasMethods(value: unknown, names: readonly string[]): value is object {
  return (
    typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}

/** The keys of an object that are none of these, each told with those that are. */
export function unknownKeys(where: string, given: object, known: readonly string[]): readonly string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: ${quote(key)} is no option. The options are ${known.join(", ")}.`);
}

/**
 * Throws where options have problems.
 *
 * @param find the problems of what is an object; reads options that may have any value, whatever their type says
 * @throws {TicketsError} with all of them at once
 */
export function checkOptions(
  where: string,
  given: unknown,
  known: readonly string[],
  find: (read: (name: string) => unknown) => readonly (string | undefined)[],
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TicketsError([`${where} takes an object: ${where}({ ${known[0]}: ... }).`]);
  const problems = find((name) => Reflect.get(given, name)).filter((problem) => problem !== undefined);
  const issues = [...unknownKeys(where, given, known), ...problems];
  if (issues.length > 0) throw new TicketsError(issues);
}

/** What is wrong with a number of milliseconds. */
export function millisecondsProblem(name: string, value: unknown, most: number, usual: number): string | undefined {
  if (value === undefined || (typeof value === "number" && value >= 1 && value <= most)) return undefined;
  return `${name}: ${show(value)} is not understood; it must be milliseconds, from 1 to ${most}. Write ${name}: ${usual}.`;
}
