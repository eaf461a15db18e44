import { quote } from "@wsorigin/core";
import { TicketsError, type TicketsIssue } from "./errors.ts";

/** Shows any value of a configuration. */
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

/** The names of options, as a table: the compiler reports a missing one. */
export type Names<T> = Readonly<Record<keyof T, true>>;

/** The keys of an object that are not options, each with a sentence that lists the valid ones. */
export function unknownKeys(
  where: string,
  given: object,
  names: object,
): readonly { readonly key: string; readonly message: string }[] {
  const known = Object.keys(names);
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      key,
      message: `${where}: Unknown option ${quote(key)}. Valid options: ${known.join(", ")}.`,
    }));
}

/**
 * Throws if options have problems.
 *
 * @param find the problems of an object; reads options that may have any value, whatever their type says
 * @throws {TicketsError} with all of them at once
 */
export function checkOptions(
  where: string,
  given: unknown,
  names: object,
  find: (read: (name: string) => unknown) => readonly (TicketsIssue | undefined)[],
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const message = `${where} takes an object. Write ${where}({ ${Object.keys(names)[0]}: ... }).`;
    throw new TicketsError([{ code: "option-invalid", entry: "options", message }]);
  }
  const unknown = unknownKeys(where, given, names).map(({ key, message }): TicketsIssue => ({
    code: "option-unknown",
    entry: key,
    message,
  }));
  const found = find((name) => Reflect.get(given, name)).filter((issue) => issue !== undefined);
  if (unknown.length + found.length > 0) throw new TicketsError([...unknown, ...found]);
}

/** An option with a value that is not valid. */
export function invalid(entry: string, message: string): TicketsIssue {
  return { code: "option-invalid", entry, message };
}

/** What is wrong with a number of milliseconds. */
export function millisecondsProblem(
  name: string,
  value: unknown,
  most: number,
  usual: number,
): TicketsIssue | undefined {
  if (value === undefined || (typeof value === "number" && value >= 1 && value <= most)) return undefined;
  return invalid(
    name,
    `${name}: ${show(value)} is invalid. It must be milliseconds from 1 to ${most}. Write ${name}: ${usual}.`,
  );
}
