/** Many deadlines of one duration behind a single timer: adding, moving and removing one costs no allocation. */
import { assert } from './assert.js';
import type { Clock, Timer } from './clock.js';

/** What can stand in a Deadlines queue; it carries the links itself, and stands in at most one queue at a time. */
export interface DeadlineEntry {
  deadlineAt: number;
  deadlinePrevious: DeadlineEntry | undefined;
  deadlineNext: DeadlineEntry | undefined;
  deadlineQueue: Deadlines<never> | undefined;
}

/**
 * A queue of entries that expire `durationMs` after they were added.
 * Invariant: entries are linked in the order of their deadlines, because all wait equally long; so only the first needs a timer.
 */
export class Deadlines<Entry extends DeadlineEntry> {
  readonly durationMs: number;
  readonly #clock: Clock;
  readonly #onExpired: (entry: Entry) => void;
  #first: DeadlineEntry | undefined;
  #last: DeadlineEntry | undefined;
  #timer: Timer | undefined;
  #count = 0;

  /** `onExpired` gets each entry once, after it was taken out. */
  constructor(clock: Clock, durationMs: number, onExpired: (entry: Entry) => void) {
    this.#clock = clock;
    this.durationMs = durationMs;
    this.#onExpired = onExpired;
  }

  /** How many entries wait. */
  get count(): number {
    return this.#count;
  }

  /** Starts the wait of `entry` anew, taking it out of whichever queue it stood in. */
  add(entry: Entry): void {
    entry.deadlineQueue?.remove(entry as never);
    entry.deadlineAt = this.#clock.now() + this.durationMs;
    entry.deadlineQueue = this as unknown as Deadlines<never>;
    entry.deadlinePrevious = this.#last;
    entry.deadlineNext = undefined;
    if (this.#last) this.#last.deadlineNext = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#count += 1;
    this.#timer ??= this.#clock.setTimeout(expire, this.durationMs, this as unknown as Deadlines<never>);
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
    const now = this.#clock.now();
    try {
      while (this.#first && this.#first.deadlineAt <= now) {
        const entry = this.#first as Entry;
        this.remove(entry);
        this.#onExpired(entry);
      }
    } finally {
      // Also after an exception: the others must not wait for ever.
      if (this.#first && this.#timer === undefined) {
        this.#timer = this.#clock.setTimeout(
          expire,
          Math.max(1, this.#first.deadlineAt - now),
          this as unknown as Deadlines<never>,
        );
      }
    }
  }
}

function expire(queue: Deadlines<never>): void {
  queue.expire();
}
