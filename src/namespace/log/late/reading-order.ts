/** The order in which many readers of one log read on. They take turns, so that other work does not wait for all of them. */
import type { Offset } from '../../../backplane/backplane.js';
import type { Clock } from '../../../base/clock.js';

/** A reader that waits to read on. */
export interface WaitingReader {
  /** The newest record that it has read. */
  readonly offset: Offset;
  /** Reads the next part. Returns a promise if a log on another machine has to answer first. */
  readNext(): Promise<void> | undefined;
}

interface Waiting {
  readonly reader: WaitingReader;
  /** The count of readers that have waited so far, including this one. */
  readonly number: number;
}

/** Milliseconds for reading in one turn of the event loop. */
const SLICE_MS = 10;

/**
 * Lets readers read for some milliseconds in each turn of the event loop, each at most once. Guarantee: it serves the readers in rounds,
 * from the beginning of the log to its end. Readers with nearby offsets therefore read at the same time, and the log is read once for
 * all of them. Every reader reaches the end, however many newcomers begin at earlier offsets.
 */
export class ReadingOrder {
  readonly #clock: Clock;
  readonly #crowd: number;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /**
   * The offset of the reader that was served last, and the count of readers that had waited by then. Readers that reach this offset
   * later wait for the next round.
   */
  #at: Offset = '';
  #numberAt = 0;
  #number = 0;

  /** `crowd` is the count of waiting readers from which on others that are far back wait, too. */
  constructor(clock: Clock, crowd = 0) {
    this.#clock = clock;
    this.#crowd = crowd;
  }

  /** Whether so many readers wait that others that are far back have to wait, too. */
  get isCrowded(): boolean {
    return this.#waiting.length >= this.#crowd;
  }

  /** The count of readers that wait. */
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
        const reading = reader.readNext();
        if (reading) this.#pause(reading);
        if (reading || this.#clock.now() >= until) break;
      }
    } finally {
      this.#waiting = waiting.slice(count).concat(this.#waiting);
      this.#schedule();
    }
  }

  /** Waits for a log on another machine. The other readers need the same records, or later ones. */
  #pause(reading: Promise<void>): void {
    const goOn = (): void => {
      this.#isScheduled = false;
      this.#schedule();
    };
    this.#isScheduled = true;
    reading.then(goOn, goOn);
  }

  #isPassed({ reader: { offset }, number }: Waiting): boolean {
    return offset < this.#at || (offset === this.#at && number > this.#numberAt);
  }
}
