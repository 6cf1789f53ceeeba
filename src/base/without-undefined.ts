/** Options as people write them: with values that may be undefined where the default is meant. */

/** The properties that have a value, so that the others do not hide a default. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
