/**
 * The order in which many readers of one log read on. Each reads a part and waits again, so that other work does not
 * wait for all of them.
 */
import type { Offset } from '../../../backplane/backplane.js';
import type { Clock } from '../../../base/clock.js';
import { type Answer, unlessThere } from '../../../base/steps/answer.js';

/** A reader that waits to read on. */
export interface WaitingReader {
  /** The newest record that it has read. */
  readonly offset: Offset;
  /** Reads the next part. Its answer comes later if a log on another machine has to answer first. */
  readNext(): Answer<void>;
}

/** Milliseconds for reading in one turn of the event loop. */
const SLICE_MS = 10;
/** Readers for which a log on another machine is read at once, each for records of its own. */
const AT_ONCE_MAX = 8;

/**
 * Lets readers read for some milliseconds in each turn of the event loop, each at most once. Guarantee: it serves the
 * readers in rounds, from the beginning of the log to its end. Readers with nearby offsets therefore read at the same
 * time, and the log is read once for all of them. Every reader reaches the end, however many newcomers begin at earlier
 * offsets. A log on another machine answers for several readers at once, unless they need the same records.
 */
export class ReadingOrder {
  readonly #clock: Clock;
  readonly #isShared: () => boolean;
  /** The readers of this round, and those that wait for the next one. */
  #round: WaitingReader[] = [];
  #next: WaitingReader[] = [];
  #isScheduled = false;
  /** The count of readers for which the log has to answer. */
  #openCount = 0;
  /** The offset of the reader that was served last. Readers that wait there, or before it, do so for the next round. */
  #at: Offset = '';

  /** `isShared` says whether records are read now that the waiting readers need, too. */
  constructor(clock: Clock, isShared: () => boolean) {
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** The count of readers that wait. */
  get count(): number {
    return this.#round.length + this.#next.length;
  }

  /** Adds a reader. A reader may wait only once. */
  wait(reader: WaitingReader): void {
    (reader.offset > this.#at ? this.#round : this.#next).push(reader);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isFull || this.count === 0) return;
    this.#isScheduled = true;
    this.#clock.defer((order: ReadingOrder) => order.#serve(), this);
  }

  /** Whether the others wait for an answer of the log, because they need the same records, or later ones. */
  get #isFull(): boolean {
    return this.#openCount >= AT_ONCE_MAX || (this.#openCount > 0 && this.#isShared());
  }

  #serve(): void {
    if (this.#round.length === 0) [this.#round, this.#next] = [this.#next, []];
    const readers = this.#round.sort((one, other) =>
      one.offset < other.offset ? -1 : Number(one.offset > other.offset),
    );
    this.#round = [];
    const until = this.#clock.now() + SLICE_MS;
    const goOn = (): void => {
      this.#openCount -= 1;
      this.#schedule();
    };
    let count = 0;
    try {
      for (const reader of readers) {
        count += 1;
        this.#at = reader.offset;
        unlessThere(reader.readNext(), (coming) => {
          this.#openCount += 1;
          void coming.then(goOn, goOn);
        });
        if (this.#isFull || this.#clock.now() >= until) break;
      }
    } finally {
      this.#round = readers.slice(count).concat(this.#round);
      this.#isScheduled = false;
      this.#schedule();
    }
  }
}
