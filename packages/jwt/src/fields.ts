import type { JwtIssueCode } from "./errors.ts";

/** An object whose fields hold anything. */
export type Fields = Readonly<Record<string, unknown>>;

/** Takes a problem in the options. */
export type Report = (code: JwtIssueCode, entry: string, message: string) => void;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A property of any value, inherited properties and getters included. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
