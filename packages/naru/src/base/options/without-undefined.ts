/** Options as people write them, in which `undefined` means the default. */

/** Returns the properties that have a value, so that the others do not override a default. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
