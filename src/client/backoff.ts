/** How long to wait before the next attempt: twice as long each time, with jitter so that not all clients come back at once. */
import type { Random } from '../base/id.js';

/** Delays of a Manager's attempts; the settings may be changed between attempts. */
export class Backoff {
  /** How many delays were given since the last reset. */
  attempts = 0;
  /** First delay in milliseconds. */
  minMs: number;
  /** Longest delay in milliseconds. */
  maxMs: number;
  /** The part of a delay that is random, from 0 to 1. */
  jitter: number;
  readonly #random: Pick<Random, 'fraction'>;

  constructor(random: Pick<Random, 'fraction'>, minMs: number, maxMs: number, jitter: number) {
    this.#random = random;
    this.minMs = minMs;
    this.maxMs = maxMs;
    this.jitter = jitter;
  }

  /** The next delay in milliseconds. */
  next(): number {
    const delayMs = this.minMs * 2 ** this.attempts++;
    const shift = (this.#random.fraction() * 2 - 1) * this.jitter;
    return Math.floor(Math.min(delayMs * (1 + shift), this.maxMs));
  }

  /** Starts again from the first delay. */
  reset(): void {
    this.attempts = 0;
  }
}
