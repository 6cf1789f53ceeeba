/** Chance from a seed: the same seed gives the same numbers, so a room can be repeated in a test. */

/** A generator of numbers (xorshift with 32 bits). */
export class Chance {
  #state: number;

  /** A seed of 0 counts as 1. */
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number from 0 up to `end`, exclusive. */
  below(end: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state % end;
  }

  /** One of the items, of which there is at least one. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}
