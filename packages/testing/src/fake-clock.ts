/** A clock that a test moves by hand. Only the event loop runs by itself. */
import {
  type Clock,
  ConfigError,
  count,
  milliseconds,
  type OptionsOf,
  options,
  readOptions,
  systemClock,
  type Timer,
} from 'naru/base';

/** The table of the options of a FakeClock. */
export const fakeClockTable = options('', {
  /**
   * First result of `now`, in milliseconds since the Unix epoch. @default 1700000000000 (number of milliseconds, 0 or
   * more)
   */
  startAt: milliseconds(1_700_000_000_000, { min: 0, max: Number.POSITIVE_INFINITY }),
  /**
   * Turns of the event loop without activity after which all work counts as settled. Streams and HTTP of one process
   * need two. Work in other threads needs more. @default 4
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
 * A Clock for tests. Time stands still until `advance`. Then timers fire one at a time, in the order of their times, or
 * of their creation at the same time. Each timer waits until all work of the previous one is done: promises, streams
 * and deferred calls. So the same program runs in the same way each time. The clock does not wait for other threads and
 * real sockets.
 */
export class FakeClock implements Clock {
  readonly #startAt: number;
  readonly #quietTurns: number;
  // Sorted in reverse: the next timer to fire is last, so that `pop` removes it.
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

  /** Returns the time of the clock, in milliseconds since the Unix epoch. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since the clock was made. */
  get elapsed(): number {
    return this.#now - this.#startAt;
  }

  /** Number of timers that are set. Zero when a test has left none behind. */
  get timerCount(): number {
    return this.#timers.length;
  }

  /** Number of deferred calls that have not run yet. */
  get deferredCount(): number {
    return this.#deferred;
  }

  /** Milliseconds until the next timer, or `undefined` when none is set. */
  get nextTimerIn(): number | undefined {
    const next = this.#timers.at(-1);
    return next && next.at - this.#now;
  }

  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer {
    // As in Node, a delay that is not a positive number counts as 1.
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

  /**
   * Calls back at the end of this turn of the real event loop, so that deferred work continues while time stands still.
   */
  defer<T>(callback: (argument: T) => void, argument: T): void {
    this.#deferred += 1;
    systemClock.defer(() => {
      this.#deferred -= 1;
      this.#activity += 1;
      callback(argument);
    }, undefined);
  }

  /** Tells the clock about activity elsewhere, so that `settle` continues to wait. */
  touch(): void {
    this.#activity += 1;
  }

  /** Resolves when all work is done that does not wait for the time. */
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
   * Moves the time forward and fires the timers that become due. Rejects with the exception of a timer's callback; the
   * time is then that of the timer. Rejects with a ConfigError while an earlier call still runs.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0))
      throw new ConfigError('BAD_ARGUMENT', `The milliseconds to advance must be a number of 0 or more, got ${ms}.`);
    await this.#move(async () => {
      const end = this.#now + ms;
      while ((this.#timers.at(-1)?.at ?? Number.POSITIVE_INFINITY) <= end) await this.#fire();
      this.#now = end;
    });
  }

  /**
   * Fires timers until none is set. Rejects with a ConfigError after `countMax` timers, because some code, such as a
   * heartbeat, sets a new timer each time.
   */
  async runAll(countMax = 10_000): Promise<void> {
    await this.#move(async () => {
      for (let count = 0; this.#timers.length > 0; count += 1) {
        if (count >= countMax)
          throw new ConfigError(
            'WRONG_STATE',
            `Timers are still set after ${countMax} have fired. Use advance instead.`,
          );
        await this.#fire();
      }
    });
  }

  async #move(run: () => Promise<void>): Promise<void> {
    if (this.#isMoving)
      throw new ConfigError('WRONG_STATE', 'The clock is already moving. Await the earlier call first.');
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

  /** Returns the index of a timer that is set, or the index at which to insert it. */
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
