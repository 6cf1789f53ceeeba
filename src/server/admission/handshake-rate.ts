/** How many handshakes a server has taken in a second, at most: so many it can take again. */
import type { Clock } from '../../base/clock.js';

/** Counts handshakes by the second. */
export class HandshakeRate {
  /** The most of any second. */
  most = 0;
  readonly #clock: Clock;
  #second = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more. */
  note(): void {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count > this.most) this.most = this.#count;
  }
}
