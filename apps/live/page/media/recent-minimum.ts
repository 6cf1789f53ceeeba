/** Finds the smallest of the recent values, such as the shortest way between two clocks. */

/**
 * The smallest value of the present and the previous window. It forgets older ones, so it follows clocks that drift.
 */
export class RecentMinimum {
  readonly #windowMs: number;
  #present = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #since = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** The smallest value. Infinite before the first one. */
  get value(): number {
    return Math.min(this.#present, this.#previous);
  }

  /** Notes a value that was found now. */
  note(value: number, now: number): void {
    if (now - this.#since > this.#windowMs) {
      this.#previous = this.#present;
      this.#present = value;
      this.#since = now;
    }
    this.#present = Math.min(this.#present, value);
  }
}
