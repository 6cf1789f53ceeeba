/** Tables whose values are created when they are first needed, tables with a bound, and searches in sorted lists. */

/** Returns the value of `key`. If the key is new, stores and returns the value that `create` makes. */
export function getOrCreate<K, V extends object | string>(
  table: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  create: () => V,
): V {
  let value = table.get(key);
  if (value === undefined) {
    value = create();
    table.set(key, value);
  }
  return value;
}

/** Sets the value of `key`, which becomes the newest one. The oldest goes if there are more than `max` then. */
export function setNewest<K, V>(table: Map<K, V>, key: K, value: V, max: number): void {
  table.delete(key);
  table.set(key, value);
  if (table.size > max) for (const oldest of table.keys()) if (table.delete(oldest)) return;
}

/**
 * Returns the index of the first element for which `isPast` returns `true`, or the length of the list. It must do so
 * for all elements from there on. Looks at few of them.
 */
export function firstPast<T>(list: readonly T[], isPast: (each: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPast(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
