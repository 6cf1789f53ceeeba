/** Small sums with places and angles. */

/** A place on the field. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A place between two others. */
export function between(from: Place, to: Place, part: number): Place {
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** The distance of two places. */
export function distance(one: Place, other: Place): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** The difference of two angles on the shorter way, from -π to π. */
export function turn(from: number, to: number): number {
  const full = Math.PI * 2;
  return ((((to - from + Math.PI) % full) + full) % full) - Math.PI;
}

/** An angle between two others, on the shorter way. */
export function betweenAngles(from: number, to: number, part: number): number {
  return from + turn(from, to) * part;
}
