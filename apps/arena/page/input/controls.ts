/** Reads keyboard, mouse and thumbs, and makes one wish of them for each tick. */
import type { Place } from '../motion/geometry.js';
import { assisted } from './assist.js';
import { Keys, type Move } from './keys.js';
import { Thumbs } from './thumbs.js';

/** The wish of the player for a tick. */
export interface Wish {
  readonly move: Move | undefined;
  /** The direction of the lamp, in radians. */
  readonly aim: number;
  readonly isFiring: boolean;
}

/** The part of the field that the controls need. */
export interface Surroundings {
  /** The place of the own body on the field. */
  readonly own: Place;
  /** The same place in pixels of the screen. */
  readonly ownOnScreen: Place;
  readonly targets: readonly Place[];
}

/** How far an aim is turned to a player, in radians. A thumb is more exact than eight directions of keys. */
const REACH = { keys: 0.42, thumbs: 0.16 } as const;
/** A mouse that has not moved for this long leaves the aim to the keys. */
const MOUSE_RESTS_MS = 1_500;

/** The devices of a player. */
export class Controls {
  readonly keys = new Keys();
  readonly thumbs = new Thumbs();
  #mouse: { x: number; y: number; at: number; isDown: boolean; wasDown: boolean } | undefined;
  #device: 'keys' | 'mouse' | 'thumbs' = 'keys';
  #facing = 0;

  /** The device that aims. */
  get device(): 'keys' | 'mouse' | 'thumbs' {
    return this.#device;
  }

  /** The place of the mouse, while it aims. */
  get pointer(): Place | undefined {
    return this.#device === 'mouse' ? this.#mouse : undefined;
  }

  /**
   * Listens to the field until the returned function is called. `isOff` says when the keys belong to something else.
   */
  attach(field: HTMLElement, isOff: () => boolean): () => void {
    const ends = new AbortController();
    const { signal } = ends;
    const on = <Type extends keyof WindowEventMap>(type: Type, take: (event: WindowEventMap[Type]) => void): void =>
      addEventListener(type, take, { signal });
    on('keydown', (event) => {
      if (isOff() || event.ctrlKey || event.metaKey || event.altKey || isForControl(event)) return;
      if (event.code === 'Space' && performance.now() - (this.#mouse?.at ?? -MOUSE_RESTS_MS) > MOUSE_RESTS_MS) {
        this.#device = 'keys';
      }
      if (this.keys.down(event.code)) event.preventDefault();
    });
    // macOS does not say which keys go up while the command key is held.
    on('keyup', ({ code, key }) => (key === 'Meta' ? this.keys.clear() : this.keys.up(code)));
    on('blur', () => this.clear());
    on('pointermove', (event) => this.#pointerMoved(field, event));
    on('pointerup', (event) => this.#pointerUp(event));
    on('pointercancel', (event) => this.#pointerUp(event));
    field.addEventListener('pointerdown', (event) => this.#pointerDown(field, event), { signal });
    field.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    return () => {
      ends.abort();
      this.clear();
    };
  }

  /** Lets everything go. */
  clear(): void {
    this.keys.clear();
    this.thumbs.clear();
    if (this.#mouse) this.#mouse = { ...this.#mouse, isDown: false, wasDown: false };
  }

  /** The wish for the next tick. */
  read({ own, ownOnScreen, targets }: Surroundings): Wish {
    const move = this.thumbs.moved ?? this.keys.move;
    const { aimed } = this.thumbs;
    if (aimed) this.#device = 'thumbs';
    if (this.#device === 'mouse' && this.#mouse) {
      this.#facing = Math.atan2(this.#mouse.y - ownOnScreen.y, this.#mouse.x - ownOnScreen.x);
    } else {
      this.#facing = aimed?.angle ?? move?.angle ?? this.#facing;
    }
    const reach = this.#device === 'mouse' ? 0 : REACH[aimed ? 'thumbs' : 'keys'];
    const aim = reach === 0 ? this.#facing : assisted(this.#facing, own, targets, reach);
    const fires = [this.keys.takeFire(), this.thumbs.takeFire(), this.#takeMouse()];
    return { move, aim, isFiring: fires.includes(true) };
  }

  #pointerDown(field: HTMLElement, event: PointerEvent): void {
    // The press would move the focus, or select text.
    event.preventDefault();
    field.focus({ preventScroll: true });
    const { x, y, width } = placeOn(field, event);
    if (event.pointerType === 'mouse') {
      if (event.button !== 0) return;
      this.#device = 'mouse';
      this.#mouse = { x, y, at: performance.now(), isDown: true, wasDown: true };
      return;
    }
    this.#device = 'thumbs';
    this.thumbs.down(event.pointerId, x, y, width);
  }

  #pointerMoved(field: HTMLElement, event: PointerEvent): void {
    const { x, y } = placeOn(field, event);
    if (event.pointerType !== 'mouse') {
      this.thumbs.move(event.pointerId, x, y);
      return;
    }
    this.#device = 'mouse';
    const { isDown = false, wasDown = false } = this.#mouse ?? {};
    // With another button held, a browser does not say otherwise that the first one went up.
    this.#mouse = { x, y, at: performance.now(), isDown: isDown && (event.buttons & 1) === 1, wasDown };
  }

  #pointerUp(event: PointerEvent): void {
    if (event.pointerType !== 'mouse') this.thumbs.up(event.pointerId);
    else if (this.#mouse) this.#mouse = { ...this.#mouse, isDown: false };
  }

  #takeMouse(): boolean {
    if (!this.#mouse) return false;
    const is = this.#mouse.isDown || this.#mouse.wasDown;
    this.#mouse = { ...this.#mouse, wasDown: false };
    return is;
  }
}

function placeOn(field: HTMLElement, { clientX, clientY }: PointerEvent): Place & { width: number } {
  const { left, top, width } = field.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top, width };
}

/** Whether a key press belongs to a button or a link that has the focus: Space presses it. */
function isForControl({ code, target }: KeyboardEvent): boolean {
  return code === 'Space' && target instanceof Element && target.closest('button, a, input, select, summary') !== null;
}
