/** The value of a key that is made when it is first asked for. */

/** Gives the value of `key`. Where there is none, the value that `create` makes is kept for the next call. */
export function getOrCreate<K, V extends object>(
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
