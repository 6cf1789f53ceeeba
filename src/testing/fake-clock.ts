/** A clock that a test moves by hand: nothing happens by itself but the turns of the event loop. */
import { type Clock, systemClock, type Timer } from '../base/clock.js';
import { ConfigError } from '../base/errors.js';
import { count, milliseconds } from '../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../base/options/table.js';

/** The table of the options of a FakeClock. */
export const fakeClockTable = options('', {
  /** First time that `now` gives, in milliseconds since the Unix epoch. @default 1700000000000 (number of milliseconds, 0 or more) */
  startAt: milliseconds(1_700_000_000_000, { min: 0, max: Number.POSITIVE_INFINITY }),
  /**
   * Turns of the event loop in which nothing happened before the world counts as settled. Streams and HTTP of one process need two; more
   * are for work in other threads. @default 4
   */
  quietTurns: count(4),
});

/** Options of a FakeClock. */
export interface FakeClockOptions extends OptionsOf<typeof fakeClockTable> {}

interface FakeTimer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A Clock for tests. Time stands still until `advance`; then timers fire one at a time, in the order of their times and, at the same
 * time, of their making. Before each of them everything that the former one set going is carried out: promises, streams, deferred
 * calls. So the same program takes the same course each time. What waits for another thread or a real socket is not waited for.
 */
export class FakeClock implements Clock {
  readonly #startAt: number;
  readonly #quietTurns: number;
  // Sorted: the next timer to fire stands last, so taking it is a pop.
  readonly #timers: FakeTimer[] = [];
  #now: number;
  #order = 0;
  #deferred = 0;
  #activity = 0;
  #isMoving = false;

  constructor(given?: FakeClockOptions) {
    const { startAt, quietTurns } = readOptions(fakeClockTable, given);
    this.#startAt = startAt;
    this.#now = startAt;
    this.#quietTurns = quietTurns;
  }

  /** Milliseconds since the Unix epoch, as far as the test moved it. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since the clock was made. */
  get elapsed(): number {
    return this.#now - this.#startAt;
  }

  /** Timers that are set and did neither fire nor get cleared: zero when nothing was left behind. */
  get timerCount(): number {
    return this.#timers.length;
  }

  /** Calls that were deferred and did not come yet. */
  get deferredCount(): number {
    return this.#deferred;
  }

  /** Milliseconds until the next timer; `undefined` when none is set. */
  get nextTimerIn(): number | undefined {
    const next = this.#timers.at(-1);
    return next && next.at - this.#now;
  }

  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer {
    // As Node does it: what is no positive number counts as 1.
    const delay = delayMs >= 1 && delayMs < 2 ** 31 ? Math.trunc(delayMs) : 1;
    const timer = { at: this.#now + delay, order: this.#order, fire: () => callback(argument) };
    this.#order += 1;
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const place = this.#placeOf(timer as FakeTimer);
    if (this.#timers[place] === timer) this.#timers.splice(place, 1);
  }

  /** Calls back at the end of this turn of the real event loop, so deferred work goes on while time stands still. */
  defer<T>(callback: (argument: T) => void, argument: T): void {
    this.#deferred += 1;
    systemClock.defer(() => {
      this.#deferred -= 1;
      this.#activity += 1;
      callback(argument);
    }, undefined);
  }

  /** Tells the clock that something happened outside of it, so that `settle` waits on. */
  touch(): void {
    this.#activity += 1;
  }

  /** Resolves when nothing happens any more without time going on. */
  async settle(): Promise<void> {
    let quiet = 0;
    let seen = this.#activity;
    while (quiet < this.#quietTurns) {
      await new Promise<void>((resolve) => systemClock.defer(resolve, undefined));
      quiet = this.#deferred === 0 && this.#activity === seen ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }

  /**
   * Moves the time on by so many milliseconds, firing what becomes due. Rejects with the exception of a timer's callback, at the time
   * at which it fired. Throws ConfigError when it is called while it runs.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new ConfigError('BAD_ARGUMENT', `time cannot go on by ${ms} milliseconds; give 0 or more`);
    await this.#move(async () => {
      const end = this.#now + ms;
      while ((this.#timers.at(-1)?.at ?? Number.POSITIVE_INFINITY) <= end) await this.#fire();
      this.#now = end;
    });
  }

  /**
   * Fires timers until none is set. Throws ConfigError after `countMax` of them: something sets a new timer each time one fires, as
   * heartbeats do.
   */
  async runAll(countMax = 10_000): Promise<void> {
    await this.#move(async () => {
      for (let count = 0; this.#timers.length > 0; count += 1) {
        if (count >= countMax)
          throw new ConfigError('WRONG_STATE', `after ${countMax} timers there are still more; use advance instead`);
        await this.#fire();
      }
    });
  }

  async #move(run: () => Promise<void>): Promise<void> {
    if (this.#isMoving) throw new ConfigError('WRONG_STATE', 'the clock is moving already; await the former call');
    this.#isMoving = true;
    try {
      await this.settle();
      await run();
    } finally {
      this.#isMoving = false;
    }
  }

  async #fire(): Promise<void> {
    const timer = this.#timers.pop();
    if (!timer) return;
    this.#now = timer.at;
    this.#activity += 1;
    timer.fire();
    await this.settle();
  }

  /** The index of a timer that is set, and where it belongs otherwise. */
  #placeOf({ at, order }: FakeTimer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle];
      if (other && (other.at > at || (other.at === at && other.order > order))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
