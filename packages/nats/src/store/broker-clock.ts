/** The time of a NATS server, which decides when texts expire and leases end. The clocks of nodes may differ. */
import type { Clock } from 'naru/base';
import type { NatsStream } from './stream.js';

/** Milliseconds after which the difference to the server's clock is measured again. */
const MEASURED_MS = 60_000;
/** A measurement that took longer is repeated, a few times. */
const QUICK_MS = 10;
const TRIES = 3;
/** Times leave out fractions of a millisecond: that of the message, and the clock now. */
const ROUNDED_MS = 2;

/** The clock of the server that leads a stream. It is ahead by a round trip at most, so nothing outlives its lease. */
export class BrokerClock {
  readonly #stream: NatsStream;
  readonly #clock: Clock;
  #ahead = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(stream: NatsStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /** Returns milliseconds since the Unix epoch. */
  async now(): Promise<number> {
    const ageMs = this.#clock.now() - this.#measuredAt;
    // A clock that was set back or far ahead is measured again, too.
    if (ageMs < 0 || ageMs >= MEASURED_MS) {
      this.#measuring ??= this.#measure().finally(() => {
        this.#measuring = undefined;
      });
      await this.#measuring;
    }
    return this.#clock.now() + this.#ahead;
  }

  async #measure(): Promise<void> {
    const subject = `${this.#stream.prefix}.clock`;
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = this.#clock.now();
      await this.#stream.publish(subject, new Uint8Array(0), {});
      // The message may be a newer one of another node. Its time is not before this request either.
      const message = await this.#stream.last(subject);
      if (message) least = Math.min(least, message.at + ROUNDED_MS - before);
      if (this.#clock.now() - before < QUICK_MS) break;
    }
    this.#ahead = least;
    this.#measuredAt = this.#clock.now();
  }
}
