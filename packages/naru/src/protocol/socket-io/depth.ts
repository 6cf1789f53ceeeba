/** Bounds of data that would overflow the stack of the code that takes it: how deep it is nested, and its arguments. */

/**
 * The most arguments of an event or an acknowledgement. A function that is called with about a hundred thousand throws
 * before its first line.
 */
export const ARGUMENTS_MAX = 10_000;

/** Whether arrays and objects are nested on more than `levelsMax` levels. `data` itself is the first level. */
export function isDeeper(data: unknown, levelsMax: number): boolean {
  return typeof data === 'object' && data !== null && exceeds(data, levelsMax);
}

// This takes a twentieth of the time of parsing. Counting brackets in the text would take a third of it.
function exceeds(value: object, levelsLeft: number): boolean {
  if (levelsLeft <= 0) return true;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null && exceeds(item, levelsLeft - 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null && exceeds(item, levelsLeft - 1)) return true;
  }
  return false;
}
