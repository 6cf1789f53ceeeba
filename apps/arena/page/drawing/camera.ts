/**
 * The place of the field on the screen. Every screen shows about the same area, so a larger one does not see further.
 */
import type { Place } from '../motion/geometry.js';

/** The size of something, in units of the field or pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels of a unit at the least. On a small screen, players would be too small to see. */
const SCALE_MIN = 0.72;

/** A camera above a place. */
export class Camera {
  readonly #screen: Size;
  readonly #centre: Place;
  /** CSS pixels of one unit. */
  readonly scale: number;

  /** `view` is what the server shows of the field, in units. */
  constructor(screen: Size, view: Size, centre: Place) {
    this.#screen = screen;
    this.#centre = centre;
    this.scale = scaleFor(screen, view);
  }

  /** The place on the screen of a place on the field, in CSS pixels. */
  toScreen({ x, y }: Place): Place {
    return {
      x: this.#screen.width / 2 + (x - this.#centre.x) * this.scale,
      y: this.#screen.height / 2 + (y - this.#centre.y) * this.scale,
    };
  }

  /** Makes a canvas draw in units of the field. `ratio` is the number of its pixels for one CSS pixel. */
  apply(pen: CanvasRenderingContext2D, ratio: number): void {
    const { x, y } = this.toScreen({ x: 0, y: 0 });
    pen.setTransform(this.scale * ratio, 0, 0, this.scale * ratio, x * ratio, y * ratio);
  }
}

/** CSS pixels of one unit: the screen has the area of the view. */
export function scaleFor(screen: Size, view: Size): number {
  return Math.max(SCALE_MIN, Math.sqrt((screen.width * screen.height) / (view.width * view.height)));
}
