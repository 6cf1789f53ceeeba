/**
 * The place of the field on the screen. Every screen shows about the same area, so a larger one does not see further.
 */
import { between, type Place } from '../motion/geometry.js';

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

/** The strips of rock that the screen may show around the field, in CSS pixels. Buttons and thumbs are there. */
export interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly sides: number;
}

/** The middle of the screen near a place. It stays so far inside the field that no more than the margins is outside. */
export function insideField(
  field: Size,
  { x, y }: Place,
  screen: Size,
  view: Size,
  { top, bottom, sides }: Margins,
): Place {
  const scale = scaleFor(screen, view);
  const [halfX, halfY] = [screen.width / 2 / scale, screen.height / 2 / scale];
  return {
    x: bounded(x, halfX - sides / scale, field.width - halfX + sides / scale),
    y: bounded(y, halfY - top / scale, field.height - halfY + bottom / scale),
  };
}

/** Units by which the camera looks ahead of the player: as far as the server shows more than the screen has. */
const AHEAD = { x: 48, y: 40 } as const;
/** The time in which most of a turn of the camera is done, in milliseconds. */
const SWING_MS = 220;

/** The way of the camera ahead of the player, which follows the lamp smoothly. */
export class Lead {
  #now: Place = { x: 0, y: 0 };
  #at: number | undefined;

  /** The way at a time, for a lamp in that direction. */
  advance(aim: number, at: number): Place {
    const part = this.#at === undefined ? 1 : 1 - Math.exp((this.#at - at) / SWING_MS);
    this.#at = at;
    this.#now = between(this.#now, { x: Math.cos(aim) * AHEAD.x, y: Math.sin(aim) * AHEAD.y }, part);
    return this.#now;
  }
}

/** A number within bounds, or the middle of them if they cross. */
function bounded(value: number, least: number, most: number): number {
  return least > most ? (least + most) / 2 : Math.min(most, Math.max(least, value));
}

/** CSS pixels of one unit: the screen has the area of the view. */
export function scaleFor(screen: Size, view: Size): number {
  return Math.max(SCALE_MIN, Math.sqrt((screen.width * screen.height) / (view.width * view.height)));
}
