/** Whose turn it is to read a log that many read from different places: one after the other, so that nothing else waits for all of them. */
import type { Offset } from '../backplane/backplane.js';
import type { Clock } from '../base/clock.js';

/** Who waits for a turn. */
export interface TurnTaker {
  /** What it has read up to. */
  readonly offset: Offset;
  /** It is its turn. */
  onTurn(): void;
}

/** Milliseconds for which turns are given before everything else is served again. */
const SLICE_MS = 10;

/**
 * Gives turns for some milliseconds in each turn of the event loop, to each at most one. Guarantee: who is furthest behind is first, so that all
 * come to read the same at the same time, which is read once for them.
 */
export class ReadingTurns {
  readonly #clock: Clock;
  #waiting: TurnTaker[] = [];
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Has it wait for one turn. Nobody may wait for two. */
  wait(taker: TurnTaker): void {
    this.#waiting.push(taker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#clock.defer((turns: ReadingTurns) => turns.#next(), this);
  }

  #next(): void {
    this.#isScheduled = false;
    const takers = this.#waiting.sort((one, other) => (one.offset < other.offset ? -1 : 1));
    this.#waiting = [];
    const until = this.#clock.now() + SLICE_MS;
    let count = 0;
    try {
      for (const taker of takers) {
        count += 1;
        taker.onTurn();
        if (this.#clock.now() >= until) break;
      }
    } finally {
      this.#waiting = takers.slice(count).concat(this.#waiting);
      this.#schedule();
    }
  }
}
