/** Many deadlines of one duration behind a single timer: adding, moving and removing one costs no allocation. */
import { assert } from './assert.js';
import type { Timer, Timers } from './clock.js';

/** An entry of a Deadlines queue. It carries its links itself, and is in at most one queue at a time. */
export class DeadlineEntry {
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
}

/** Milliseconds by which a clock has to be behind its timers to count as set back. */
const CLOCK_STEP_MS = 1_000;

/**
 * A queue of entries that expire `durationMs` after they were added.
 * Invariant: entries are linked in the order of their deadlines, because all wait equally long; so only the first needs a timer.
 */
export class Deadlines<Entry extends DeadlineEntry> {
  readonly durationMs: number;
  readonly #clock: Timers;
  readonly #onExpired: (entry: Entry) => void;
  #first: DeadlineEntry | undefined;
  #last: DeadlineEntry | undefined;
  #timer: Timer | undefined;
  /** When the timer is to fire. */
  #timerAt = 0;
  /** What is added to the clock, which somebody may set back: a deadline that was near must not become far. */
  #skew = 0;
  #count = 0;
  /** While entries expire no timer is set for those that come in meanwhile: others may be due before them. */
  #isExpiring = false;

  /** `onExpired` gets each entry once, after it was taken out. */
  constructor(clock: Timers, durationMs: number, onExpired: (entry: Entry) => void) {
    this.#clock = clock;
    this.durationMs = durationMs;
    this.#onExpired = onExpired;
  }

  /** How many entries wait. */
  get count(): number {
    return this.#count;
  }

  /** The entry that expires next. */
  get first(): Entry | undefined {
    return this.#first as Entry | undefined;
  }

  /** Starts the wait of `entry` anew, taking it out of whichever queue it stood in. */
  add(entry: Entry): void {
    entry.deadlineQueue?.remove(entry as never);
    entry.deadlineAt = this.#clock.now() + this.#skew + this.durationMs;
    if (this.#last && entry.deadlineAt < this.#last.deadlineAt) {
      this.#skew += this.#last.deadlineAt - entry.deadlineAt;
      entry.deadlineAt = this.#last.deadlineAt;
    }
    entry.deadlineQueue = this as unknown as Deadlines<never>;
    entry.deadlinePrevious = this.#last;
    entry.deadlineNext = undefined;
    if (this.#last) this.#last.deadlineNext = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#count += 1;
    if (this.#timer === undefined && !this.#isExpiring) this.#arm(entry.deadlineAt, this.durationMs);
  }

  /** Ends the wait of `entry`; one that does not stand here is ignored. */
  remove(entry: Entry): void {
    if (entry.deadlineQueue !== (this as unknown)) return;
    if (entry.deadlinePrevious) entry.deadlinePrevious.deadlineNext = entry.deadlineNext;
    else this.#first = entry.deadlineNext;
    if (entry.deadlineNext) entry.deadlineNext.deadlinePrevious = entry.deadlinePrevious;
    else this.#last = entry.deadlinePrevious;
    entry.deadlinePrevious = undefined;
    entry.deadlineNext = undefined;
    entry.deadlineQueue = undefined;
    this.#count -= 1;
    assert(this.#count >= 0, 'a deadline was removed twice');
    if (this.#count === 0 && this.#timer !== undefined) {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Expires what is due and sets the timer for the next; called by that timer. An exception of `onExpired` passes to the caller. */
  expire(): void {
    this.#timer = undefined;
    const now = this.#time();
    this.#isExpiring = true;
    try {
      while (this.#first && this.#first.deadlineAt <= now) {
        const entry = this.#first as Entry;
        this.remove(entry);
        this.#onExpired(entry);
      }
    } finally {
      // Also after an exception: the others must not wait for ever.
      this.#isExpiring = false;
      const first = this.#first;
      if (first) this.#arm(first.deadlineAt, Math.max(1, first.deadlineAt - now));
    }
  }

  #arm(at: number, delayMs: number): void {
    this.#timerAt = at;
    this.#timer = this.#clock.setTimeout(expire, delayMs, this as unknown as Deadlines<never>);
  }

  /** The time when the timer fired. It knows how long it waited; the clock may have been set back meanwhile. */
  #time(): number {
    const now = this.#clock.now() + this.#skew;
    const behind = this.#timerAt - now;
    // Timers may fire a little early.
    if (behind <= CLOCK_STEP_MS) return now;
    this.#skew += behind;
    return this.#timerAt;
  }
}

function expire(queue: Deadlines<never>): void {
  queue.expire();
}
