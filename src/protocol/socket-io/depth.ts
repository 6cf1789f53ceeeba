/** Tells how deep data is nested, because deep data overflows the stack of whoever walks or writes it later. */

/** Whether arrays and objects stand in each other on more than `levelsMax` levels, `data` itself being the first. */
export function isDeeper(data: unknown, levelsMax: number): boolean {
  return typeof data === 'object' && data !== null && exceeds(data, levelsMax);
}

// Looking at parsed data takes a twentieth of the time to parse it; counting brackets in its text takes a third.
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
