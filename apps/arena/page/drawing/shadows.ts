/** Finds what walls hide. The server does not send players who are hidden, so the page shows where it is blind. */
import type { Place } from '../motion/geometry.js';

/** A rectangle of the field. */
export interface Box extends Place {
  readonly width: number;
  readonly height: number;
}

/** Further than any screen shows. */
const FAR = 4_000;

/**
 * The outlines of the shadows that boxes cast when the light is at `eye`. All of them turn the same way, so they can be
 * filled together.
 */
export function shadowsOf(eye: Place, boxes: readonly Box[]): Place[][] {
  return boxes.flatMap((box) => {
    const corners = cornersOf(box);
    return corners.flatMap((from, index) => {
      const to = corners[(index + 1) % corners.length] ?? from;
      // Corners go clockwise on the screen, so a side that turns away from the eye has it on its right.
      const side = (to.x - from.x) * (eye.y - from.y) - (to.y - from.y) * (eye.x - from.x);
      return side <= 0 ? [] : [[from, to, away(eye, to), away(eye, from)]];
    });
  });
}

function cornersOf({ x, y, width, height }: Box): readonly Place[] {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

function away(eye: Place, { x, y }: Place): Place {
  const length = Math.hypot(x - eye.x, y - eye.y) || 1;
  return { x: x + ((x - eye.x) / length) * FAR, y: y + ((y - eye.y) / length) * FAR };
}
