/** Collects the connections that have something to write, and lets each write once at the end of the turn. */
import type { Clock } from '../../base/clock.js';

/** What can be flushed; it adds itself once until then. */
export interface Flushable {
  /** Writes what was collected. Must not throw. */
  flush(): void;
}

/** One for all connections that share settings, so a turn costs one deferral however many connections write. */
export class WriteTurn {
  readonly #clock: Clock;
  #waiting: Flushable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `flushable` flushed at the end of this turn of the event loop. */
  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) this.#clock.defer(flushAll, this);
  }

  /** Flushes all that wait; what is added meanwhile waits for the next turn. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}

function flushAll(turn: WriteTurn): void {
  turn.flush();
}
