/** The order in which many readers of one log read on: one after the other, so that nothing else waits for all of them. */
import type { Offset } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';

/** A reader that waits to read on. */
export interface WaitingReader {
  /** The newest record that it has read. */
  readonly offset: Offset;
  /** It reads its next part. */
  readNext(): void;
}

interface Waiting {
  readonly reader: WaitingReader;
  /** How many had waited before it. */
  readonly number: number;
}

/** Milliseconds of one turn of the event loop in which readers read. */
const SLICE_MS = 10;

/**
 * Has readers read for some milliseconds in each turn of the event loop, each at most once. Guarantee: the readers are served from the beginning
 * of the log to its end, and again. So readers that are near each other read the same records at the same time, and these are read once for
 * all of them. Newcomers keep no reader from the end, however many there are and however far behind they begin.
 */
export class ReadingOrder {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** The place of the newest reader that was served, and how many had waited by then: readers that come to it later have been passed. */
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

  /** Adds a reader. A reader may wait only once. */
  wait(reader: WaitingReader): void {
    this.#number += 1;
    this.#waiting.push({ reader, number: this.#number });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#clock.defer((order: ReadingOrder) => order.#next(), this);
  }

  #next(): void {
    this.#isScheduled = false;
    const waiting = this.#waiting.sort((one, other) => {
      const isPassed = this.#isPassed(one);
      if (isPassed !== this.#isPassed(other)) return isPassed ? 1 : -1;
      if (one.reader.offset === other.reader.offset) return one.number - other.number;
      return one.reader.offset < other.reader.offset ? -1 : 1;
    });
    this.#waiting = [];
    const until = this.#clock.now() + SLICE_MS;
    let count = 0;
    try {
      for (const { reader } of waiting) {
        count += 1;
        if (reader.offset !== this.#at) this.#numberAt = this.#number;
        this.#at = reader.offset;
        reader.readNext();
        if (this.#clock.now() >= until) break;
      }
    } finally {
      this.#waiting = waiting.slice(count).concat(this.#waiting);
      this.#schedule();
    }
  }

  #isPassed({ reader: { offset }, number }: Waiting): boolean {
    return offset < this.#at || (offset === this.#at && number > this.#numberAt);
  }
}
