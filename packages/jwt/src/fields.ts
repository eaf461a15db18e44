/** An object whose fields hold anything. */
export type Fields = Readonly<Record<string, unknown>>;

/** Takes a problem of the options: its option's name, and what to write instead. */
export type Report = (issue: string) => void;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of whatever it is, inherited ones and getters included. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
