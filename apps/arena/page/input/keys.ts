/** The keys that are held down, as a direction and a fire button. Keys count by their place, so every layout works. */

/** A wish to move: a direction in radians, and how fast, from 0 to 1. */
export interface Move {
  readonly angle: number;
  readonly strength: number;
}

const DIRECTIONS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  KeyW: [0, -1],
  KeyA: [-1, 0],
  KeyS: [0, 1],
  KeyD: [1, 0],
  ArrowUp: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowRight: [1, 0],
};
const FIRE = 'Space';

/** The keys of a player. */
export class Keys {
  readonly #held = new Set<string>();
  /** Whether fire was pressed since the last look, even if it was let go again. */
  #wasFired = false;

  /** Whether a key belongs to the game. */
  static isOurs(code: string): boolean {
    return code === FIRE || code in DIRECTIONS;
  }

  /** Notes that a key went down. Returns whether it belongs to the game. */
  down(code: string): boolean {
    if (!Keys.isOurs(code)) return false;
    this.#held.add(code);
    if (code === FIRE) this.#wasFired = true;
    return true;
  }

  /** Notes that a key went up. */
  up(code: string): void {
    this.#held.delete(code);
  }

  /** Lets all keys go, because the page does not hear when they go up elsewhere. */
  clear(): void {
    this.#held.clear();
    this.#wasFired = false;
  }

  /** The direction of the keys, or undefined if they cancel each other out. */
  get move(): Move | undefined {
    let [x, y] = [0, 0];
    for (const code of this.#held) {
      const [dx, dy] = DIRECTIONS[code] ?? [0, 0];
      x += dx;
      y += dy;
    }
    // Two keys for one direction are not faster than one.
    return x === 0 && y === 0 ? undefined : { angle: Math.atan2(Math.sign(y), Math.sign(x)), strength: 1 };
  }

  /** Whether fire is held. */
  get isFiring(): boolean {
    return this.#held.has(FIRE);
  }

  /** Whether fire is held or was pressed since the last call. */
  takeFire(): boolean {
    const is = this.#wasFired || this.isFiring;
    this.#wasFired = false;
    return is;
  }
}
