/** Measures how late the event loop is. */
import { type Clock, type Timer, unreferenced } from './clock.js';

/** Milliseconds between two looks at the event loop. */
const LOOK_MS = 100;
/** The weight of the newest look. With it, a second of delays counts, and one late turn does not. */
const WEIGHT = 0.2;
/** The most milliseconds that one look counts, because a clock may be set forward. */
const LATE_MAX_MS = 1_000;

/** The delay of the event loop, as a timer that is due every 100 ms shows it. It does not keep the program alive. */
export class LoopDelay {
  /** The average of the last second, in milliseconds. 0 until `begin`. */
  ms = 0;
  readonly #clock: Clock;
  readonly #onLook: () => void;
  #timer: Timer | undefined = undefined;

  /** `onLook` is called at each look, the first time by `begin`. */
  constructor(clock: Clock, onLook: () => void = () => undefined) {
    this.#clock = clock;
    this.#onLook = onLook;
  }

  /** Looks from now on. Does nothing if it does so already. */
  begin(): void {
    if (this.#timer === undefined) this.#look();
  }

  /** Looks no longer. */
  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.ms = 0;
  }

  #look(): void {
    this.#onLook();
    const lookedAt = this.#clock.now();
    const onTime = (): void => {
      const lateMs = Math.max(0, this.#clock.now() - lookedAt - LOOK_MS);
      this.ms += WEIGHT * (Math.min(lateMs, LATE_MAX_MS) - this.ms);
      this.#look();
    };
    this.#timer = unreferenced(this.#clock.setTimeout(onTime, LOOK_MS, undefined));
  }
}
