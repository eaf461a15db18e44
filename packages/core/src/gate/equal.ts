/**
 * Whether two principals are equal: primitives, and plain objects and arrays of them. Anything else equals itself only, so that a renewed token whose principal cannot be
 * compared is refused; name a `subject` in `grant()` then.
 */
export function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const prototype: unknown = Object.getPrototypeOf(one);
  const isData = prototype === null || prototype === Object.prototype || prototype === Array.prototype;
  if (!isData || prototype !== Object.getPrototypeOf(other)) return false;
  const keys = Reflect.ownKeys(one);
  return (
    keys.length === Reflect.ownKeys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
