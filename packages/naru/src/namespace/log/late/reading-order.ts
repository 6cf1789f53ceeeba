/**
 * The order in which many readers of one log read on. Each reads a part and waits again, so that other work does not
 * wait for all of them.
 */
import type { Offset } from '../../../backplane/backplane.js';
import type { Clock } from '../../../base/clock.js';
import { type Answer, pending } from '../../../base/steps/answer.js';

/** A reader that waits to read on. */
export interface WaitingReader {
  /** The newest record that it has read. */
  readonly offset: Offset;
  /** Reads the next part. Its answer comes later if a log on another machine has to answer first. */
  readNext(): Answer<void>;
}

/** Milliseconds for reading in one turn of the event loop. */
const SLICE_MS = 10;
/** Turns of the event loop between two in which readers read, unless other work then takes as long as they did. */
const REST_TURNS = 16;
/**
 * Readers for which a log on another machine is read at once, each for records of its own. Redis and NATS answer as
 * many pages at once. With more of them, clients that look for their sessions would wait behind pages.
 */
const AT_ONCE_MAX = 4;
/** Readers that need little and are served before one of the others. */
const LITTLE_MAX = 8;

/**
 * Lets readers read for some milliseconds in a turn of the event loop, each at most once. Some turns without readers
 * follow, because Node accepts one connection in each. Readers that need little go first, and after eight of them, one
 * of the others. Guarantee: it serves the others in rounds, from the beginning of the log to its end. Readers with
 * nearby offsets therefore read at the same time, and the log is read once for all of them. Every reader reaches the
 * end, however many newcomers begin at earlier offsets or need little. A log on another machine answers for several
 * readers at once, unless they need the same records.
 */
export class ReadingOrder {
  readonly #clock: Clock;
  readonly #isShared: () => boolean;
  /** The readers of this round, and those that wait for the next one. */
  #round: WaitingReader[] = [];
  #next: WaitingReader[] = [];
  /** The readers that need little. */
  #little: WaitingReader[] = [];
  /** How many of them were served since one of the others was. */
  #littleCount = 0;
  #isScheduled = false;
  /** The count of readers for which the log has to answer. */
  #openCount = 0;
  /** The end of the time for reading in this turn, 0 before somebody has read. */
  #until = 0;
  /** The turns without readers that are left, and the time at which there are enough of them. */
  #restTurns = 0;
  #restUntil = 0;
  /** The offset of the reader that was served last. Readers that wait there, or before it, do so for the next round. */
  #at: Offset = '';

  /** `isShared` says whether records are read now that the waiting readers need, too. */
  constructor(clock: Clock, isShared: () => boolean) {
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** The count of readers that wait. */
  get count(): number {
    return this.#little.length + this.#round.length + this.#next.length;
  }

  /** Adds a reader. It needs little if its next part is its last. A reader may wait only once. */
  wait(reader: WaitingReader, needsLittle = false): void {
    (needsLittle ? this.#little : reader.offset > this.#at ? this.#round : this.#next).push(reader);
    this.#schedule();
  }

  /** Whether readers have read for long enough in this turn, so that one that has read a page waits again. */
  isTimeUp(): boolean {
    if (this.#until === 0 && !this.#isResting) {
      this.#until = this.#clock.now() + SLICE_MS;
      this.#clock.defer((order: ReadingOrder) => order.#close(), this);
    }
    return this.#clock.now() >= this.#until;
  }

  get #isResting(): boolean {
    return this.#restTurns > 0 && this.#clock.now() < this.#restUntil;
  }

  #close(): void {
    if (this.#until === 0) return;
    this.#restTurns = REST_TURNS;
    this.#restUntil = 2 * this.#clock.now() - (this.#until - SLICE_MS);
    this.#until = 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isFull || this.count === 0) return;
    this.#isScheduled = true;
    this.#clock.defer((order: ReadingOrder) => order.#onTurn(), this);
  }

  #onTurn(): void {
    try {
      if (this.#isResting) this.#restTurns -= 1;
      else this.#serve();
    } finally {
      this.#isScheduled = false;
      this.#schedule();
    }
  }

  /** Whether the others wait for an answer of the log, because they need the same records, or later ones. */
  get #isFull(): boolean {
    return this.#openCount >= AT_ONCE_MAX || (this.#openCount > 0 && this.#isShared());
  }

  #serve(): void {
    if (this.#round.length === 0) [this.#round, this.#next] = [this.#next, []];
    const [little, readers] = [this.#little, this.#round.sort((one, other) => (one.offset < other.offset ? -1 : 1))];
    [this.#little, this.#round] = [[], []];
    this.#until = this.#clock.now() + SLICE_MS;
    try {
      for (let count = little.length + readers.length; count > 0; count -= 1) {
        const isLittle = little.length > 0 && (this.#littleCount < LITTLE_MAX || readers.length === 0);
        this.#littleCount = isLittle ? this.#littleCount + 1 : 0;
        const reader = (isLittle ? little : readers).shift() as WaitingReader;
        if (!isLittle) this.#at = reader.offset;
        const coming = pending(reader.readNext(), () => {
          this.#openCount -= 1;
          this.#schedule();
        });
        if (coming) this.#openCount += 1;
        if (this.#isFull || this.isTimeUp()) break;
      }
    } finally {
      this.#little = little.concat(this.#little);
      this.#round = readers.concat(this.#round);
      this.#close();
    }
  }
}
