/** Many deadlines of one duration with a single timer. Adding, moving and removing a deadline allocates nothing. */
import { assert } from './assert.js';
import type { Timer, Timers } from './clock.js';

/** An entry of a Deadlines queue. It holds its own links, and is in at most one queue at a time. */
export class DeadlineEntry {
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
}

/** An entry that calls `onExpired` when its time is over. */
export class Wait extends DeadlineEntry {
  readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }
}

/** Creates a queue of waits that all last `durationMs` milliseconds. */
export function waitsOf(clock: Timers, durationMs: number): Deadlines<Wait> {
  return new Deadlines(clock, durationMs, (wait) => wait.onExpired());
}

/** Milliseconds by which a clock must be behind its timers to count as set back. */
const CLOCK_STEP_MS = 1_000;

/**
 * A queue of entries that expire `durationMs` after they were added. Invariant: entries are linked in the order of
 * their deadlines, because all wait equally long. So only the first needs a timer.
 */
export class Deadlines<Entry extends DeadlineEntry> {
  readonly durationMs: number;
  readonly #clock: Timers;
  readonly #onExpired: (entry: Entry) => void;
  #first: DeadlineEntry | undefined;
  #last: DeadlineEntry | undefined;
  #timer: Timer | undefined;
  /** The time at which the timer should fire. */
  #timerAt = 0;
  /** Milliseconds to add to the clock, so that deadlines do not move away when the clock is set back. */
  #skew = 0;
  #count = 0;
  /** Whether entries expire now. No timer is set for entries added meanwhile, because others may be due first. */
  #isExpiring = false;

  /** `onExpired` gets each expired entry once, after it was removed. */
  constructor(clock: Timers, durationMs: number, onExpired: (entry: Entry) => void) {
    this.#clock = clock;
    this.durationMs = durationMs;
    this.#onExpired = onExpired;
  }

  /** Number of entries that wait. */
  get count(): number {
    return this.#count;
  }

  /** The entry that expires next. */
  get first(): Entry | undefined {
    return this.#first as Entry | undefined;
  }

  /** Starts the wait of `entry` from now. Removes it from its current queue first. */
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

  /** Ends the wait of `entry`. Ignores an entry that is not in this queue. */
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

  /**
   * Expires due entries and sets the timer for the next. The timer calls it. An exception of `onExpired` passes to the
   * caller.
   */
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
      // Also after an exception, because the other entries must not wait forever.
      this.#isExpiring = false;
      const first = this.#first;
      if (first) this.#arm(first.deadlineAt, Math.max(1, first.deadlineAt - now));
    }
  }

  #arm(at: number, delayMs: number): void {
    this.#timerAt = at;
    this.#timer = this.#clock.setTimeout(expire, delayMs, this as unknown as Deadlines<never>);
  }

  /** Returns the time at which the timer fired. The timer is reliable even if the clock was set back meanwhile. */
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
