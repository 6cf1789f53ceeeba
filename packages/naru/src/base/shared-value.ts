/** Values that all copies of Naru in one process share: a program may load it as ES modules and as CommonJS. */

/** Returns the value of a name. The first copy that asks creates it. */
export function sharedValue<Value>(name: string, create: () => Value): Value {
  const values = globalThis as unknown as Record<symbol, Value | undefined>;
  const key = Symbol.for(`naru.${name}`);
  values[key] ??= create();
  return values[key];
}
