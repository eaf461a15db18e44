/** Numbers the layout of what copies of the core share. Raise it when an older copy could no longer read what a newer one writes. */
export const layout = 1;

/**
 * Returns the one value of this name in the process, for state that must not be doubled when a package is loaded twice: by two versions in a tree, or by a
 * bundle beside the server. It is on `globalThis` under a symbol, which nothing that was parsed from a request can have as a key. (Jest gives each test file
 * a `globalThis` of its own.)
 *
 * @param name unique, with a number that changes with the value's type: copies of different versions read the same value
 * @param make makes the value, in the copy that asks first
 */
export function shared<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`wsorigin.${name}`);
  const known = Reflect.get(globalThis, key);
  if (known !== undefined) return known;
  const value = make();
  // Does not throw if the global object cannot be extended: then each copy has its own.
  Reflect.defineProperty(globalThis, key, { value });
  return value;
}
