/** The marks and the colours of players. A mark is a shape, so that nobody has to tell colours apart. */

/** The shapes, as SVG paths on a grid from -10 to 10: circle, triangle, square, diamond, cross and star. */
export const MARKS = [
  'M0-8A8 8 0 1 1-.01-8Z',
  'M0-9L8.500 6.500H-8.500Z',
  'M-7-7H7V7H-7Z',
  'M0-9.500L9 0 0 9.500-9 0Z',
  'M-3-9H3V-3H9V3H3V9H-3V3H-9V-3H-3Z',
  'M0-10L2.600-3.600 9.500-3.100 4.200 1.400 5.900 8.100 0 4.400-5.900 8.100-4.200 1.400-9.500-3.100-2.600-3.600Z',
] as const;

/** The path of a mark. Unknown numbers begin anew. */
export function markOf(mark: number): (typeof MARKS)[number] {
  return MARKS[Math.abs(Math.trunc(mark)) % MARKS.length] ?? MARKS[0];
}

/** The colour of a player on the field, which is dark in both themes. They are those of the dark palette. */
export function colourOf(hue: number, alpha = 1): string {
  return `oklch(0.8 0.125 ${ANGLES[hue % ANGLES.length] ?? 78} / ${alpha})`;
}

/** An SVG path as a shape to draw. Each is made once. */
export function shapeOf(path: string): Path2D {
  const shape = shapes.get(path) ?? new Path2D(path);
  shapes.set(path, shape);
  return shape;
}

const shapes = new Map<string, Path2D>();

const ANGLES = [78, 52, 25, 358, 328, 303, 278, 254, 228, 190, 155, 122] as const;
