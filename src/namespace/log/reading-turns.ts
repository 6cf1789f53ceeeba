/** Whose turn it is to read a log that many read from different places: one after the other, so that nothing else waits for all of them. */
import type { Offset } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';

/** Who waits for a turn. */
export interface TurnTaker {
  /** What it has read up to. */
  readonly offset: Offset;
  /** It is its turn. */
  onTurn(): void;
}

interface Waiting {
  readonly taker: TurnTaker;
  /** How many had waited before it. */
  readonly number: number;
}

/** Milliseconds for which turns are given before everything else is served again. */
const SLICE_MS = 10;

/**
 * Gives turns for some milliseconds in each turn of the event loop, to each at most one. Guarantee: turns go through the log from its beginning
 * to its end, and again, so that those who come near each other read the same at the same time, which is read once for them; and who comes
 * anew, however often and from how far behind, keeps nobody from the end.
 */
export class ReadingTurns {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** Where the newest turn was, and who had waited when turns came there: who comes to that place later has been passed. */
  #at: Offset = '';
  #numberAt = 0;
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Has it wait for one turn. Nobody may wait for two. */
  wait(taker: TurnTaker): void {
    this.#number += 1;
    this.#waiting.push({ taker, number: this.#number });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#clock.defer((turns: ReadingTurns) => turns.#next(), this);
  }

  #next(): void {
    this.#isScheduled = false;
    const waiting = this.#waiting.sort((one, other) => {
      const isPassed = this.#isPassed(one);
      if (isPassed !== this.#isPassed(other)) return isPassed ? 1 : -1;
      if (one.taker.offset === other.taker.offset) return one.number - other.number;
      return one.taker.offset < other.taker.offset ? -1 : 1;
    });
    this.#waiting = [];
    const until = this.#clock.now() + SLICE_MS;
    let count = 0;
    try {
      for (const { taker } of waiting) {
        count += 1;
        if (taker.offset !== this.#at) this.#numberAt = this.#number;
        this.#at = taker.offset;
        taker.onTurn();
        if (this.#clock.now() >= until) break;
      }
    } finally {
      this.#waiting = waiting.slice(count).concat(this.#waiting);
      this.#schedule();
    }
  }

  #isPassed({ taker: { offset }, number }: Waiting): boolean {
    return offset < this.#at || (offset === this.#at && number > this.#numberAt);
  }
}
