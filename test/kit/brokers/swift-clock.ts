/** A clock for tests with real servers: it runs like that of the machine, and a test can skip hours. */
import { type Clock, systemClock, type Timer } from '../../../packages/naru/src/base/clock.js';

interface SwiftTimer {
  readonly at: number;
  readonly fire: () => void;
  readonly real: Timer;
}

/** Time that passes by itself, and faster when a test says so. */
export class SwiftClock implements Clock {
  #shift = 0;
  readonly #timers = new Set<SwiftTimer>();

  now(): number {
    return systemClock.now() + this.#shift;
  }

  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer {
    const fire = (): void => {
      this.#timers.delete(timer);
      callback(argument);
    };
    const timer: SwiftTimer = {
      at: this.now() + delayMs,
      fire,
      real: systemClock.setTimeout(fire, delayMs, undefined),
    };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const known = timer as SwiftTimer;
    systemClock.clearTimeout(known.real);
    this.#timers.delete(known);
  }

  defer<T>(callback: (argument: T) => void, argument: T): void {
    systemClock.defer(callback, argument);
  }

  /** Lets `ms` milliseconds pass. Timers that become due fire in their order, and real work gets turns in between. */
  async skip(ms: number): Promise<void> {
    const end = this.now() + ms;
    const step = Math.max(200, ms / 500);
    for (let left = ms; left > 0; left = end - this.now()) {
      this.#shift += Math.min(left, step);
      await this.#turn();
    }
    await this.#turn();
  }

  async #turn(): Promise<void> {
    const due = [...this.#timers].filter(({ at }) => at <= this.now()).sort((one, other) => one.at - other.at);
    for (const timer of due) {
      if (!this.#timers.has(timer)) continue;
      systemClock.clearTimeout(timer.real);
      timer.fire();
    }
    await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 1, undefined));
  }
}
