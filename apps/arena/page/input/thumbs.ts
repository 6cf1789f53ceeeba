/** Two thumbs on a screen: the left one moves, the right one aims and fires. A stick appears where a thumb touches. */
import type { Move } from './keys.js';

/** A stick under a thumb. */
export interface Stick {
  readonly pointer: number;
  /** The place of the first touch, in pixels of the field. */
  readonly originX: number;
  readonly originY: number;
  readonly x: number;
  readonly y: number;
}

/** The way of a thumb, in pixels, that counts as full speed. */
export const STICK_REACH = 52;
/** The part of it that counts as resting. */
const REST = 0.18;
/** The part of it from which the right thumb fires. */
const FIRE = 0.45;

/** The sticks of a player. */
export class Thumbs {
  #left: Stick | undefined;
  #right: Stick | undefined;
  /** Whether the right thumb tapped since the last look. */
  #wasTapped = false;

  /** The stick that moves. */
  get left(): Stick | undefined {
    return this.#left;
  }

  /** The stick that aims. */
  get right(): Stick | undefined {
    return this.#right;
  }

  /** Notes a touch at a place of a field that is `width` pixels wide. */
  down(pointer: number, x: number, y: number, width: number): void {
    const stick = { pointer, originX: x, originY: y, x, y };
    if (x < width / 2) this.#left ??= stick;
    else if (!this.#right) {
      this.#right = stick;
      this.#wasTapped = true;
    }
  }

  /** Notes that a finger moved. */
  move(pointer: number, x: number, y: number): void {
    if (this.#left?.pointer === pointer) this.#left = dragged(this.#left, x, y);
    if (this.#right?.pointer === pointer) this.#right = dragged(this.#right, x, y);
  }

  /** Notes that a finger left the screen. */
  up(pointer: number): void {
    if (this.#left?.pointer === pointer) this.#left = undefined;
    if (this.#right?.pointer === pointer) this.#right = undefined;
  }

  /** Lets both sticks go. */
  clear(): void {
    this.#left = undefined;
    this.#right = undefined;
    this.#wasTapped = false;
  }

  /** The direction of the left thumb. */
  get moved(): Move | undefined {
    return this.#left && tilt(this.#left, REST);
  }

  /** The direction of the right thumb. */
  get aimed(): Move | undefined {
    return this.#right && tilt(this.#right, REST);
  }

  /** Whether the right thumb fires, or has tapped since the last call. */
  takeFire(): boolean {
    const is = this.#wasTapped || (this.aimed?.strength ?? 0) > FIRE;
    this.#wasTapped = false;
    return is;
  }
}

/** Moves a stick. Its origin follows a thumb that goes further than the stick reaches. */
function dragged(stick: Stick, x: number, y: number): Stick {
  const [dx, dy] = [x - stick.originX, y - stick.originY];
  const over = Math.hypot(dx, dy) / STICK_REACH;
  if (over <= 1) return { ...stick, x, y };
  return { ...stick, x, y, originX: x - dx / over, originY: y - dy / over };
}

function tilt({ originX, originY, x, y }: Stick, rest: number): Move | undefined {
  const [dx, dy] = [x - originX, y - originY];
  const part = Math.min(1, Math.hypot(dx, dy) / STICK_REACH);
  return part < rest ? undefined : { angle: Math.atan2(dy, dx), strength: (part - rest) / (1 - rest) };
}
