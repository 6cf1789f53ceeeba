/** A token bucket: it fills at a steady rate up to a bound, and each use takes from it. */

/** A rate that is kept in the long run, and the most that may be used at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Errors of floating point, which must not refuse anything. */
const TOLERANCE = 1e-6;

/**
 * A bucket, full at first. It may owe something after `owe`, and then gives nothing until that is paid back. All times
 * are milliseconds of any one clock.
 */
export class Bucket {
  readonly #rate: Rate;
  #left: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#at = now;
  }

  /** Returns the milliseconds until `count` may be taken, 0 for now. A count above the burst needs a full bucket. */
  waitFor(count: number, now: number): number {
    this.#fill(now);
    const missing = Math.min(count, this.#rate.burst) - this.#left;
    return missing <= TOLERANCE ? 0 : Math.ceil((missing / this.#rate.perSecond) * 1_000);
  }

  /** Takes `count` if it is there, and returns whether it was. */
  take(count: number, now: number): boolean {
    if (this.waitFor(count, now) > 0) return false;
    this.#left -= count;
    return true;
  }

  /** Takes `count`, although it may not be there. */
  owe(count: number, now: number): void {
    this.#fill(now);
    this.#left -= count;
  }

  /** Whether the bucket is full, so that a new one would be the same. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#left >= this.#rate.burst;
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1_000) * perSecond);
    this.#at = now;
  }
}
