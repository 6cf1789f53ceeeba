/** Values that are created when they are first needed. */

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
