/** Calls a function at a steady rate. Times do not drift, and lateness is made up for within a bound. */
import { LIMITS, TICK_MS } from '../../shared/limits.js';
import type { GameClock } from '../game-server.js';

/** Counts of a ticker. */
export interface TickCounts {
  /** Ticks that were run. */
  run: number;
  /** Ticks that were left out because the server was too late for them. */
  lost: number;
}

/** One timer for all rooms of a process. */
export class Ticker {
  readonly counts: TickCounts = { run: 0, lost: 0 };
  readonly #clock: GameClock;
  readonly #tick: (isLast: boolean) => void;
  #dueAt: number;
  #cancel: (() => void) | undefined;

  /** Begins at once. `tick` hears whether it is the last one of those that are due. */
  constructor(clock: GameClock, tick: (isLast: boolean) => void) {
    this.#clock = clock;
    this.#tick = tick;
    this.#dueAt = clock.steady() + TICK_MS;
    this.#wait();
  }

  /** Ends. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    const ms = Math.max(0, this.#dueAt - this.#clock.steady());
    this.#cancel = this.#clock.after(ms, () => this.#run());
  }

  #run(): void {
    const now = this.#clock.steady();
    let late = Math.floor((now - this.#dueAt) / TICK_MS);
    // A clock that jumps, and a process that slept, lose ticks rather than run thousands of them.
    if (late > LIMITS.lateTicksMax) {
      const lost = late - LIMITS.lateTicksMax;
      this.counts.lost += lost;
      this.#dueAt += lost * TICK_MS;
      late = LIMITS.lateTicksMax;
    }
    for (; late >= 0 && this.#dueAt <= now; late--) {
      this.#dueAt += TICK_MS;
      this.counts.run++;
      this.#tick(late === 0 || this.#dueAt > now);
    }
    this.#wait();
  }
}
