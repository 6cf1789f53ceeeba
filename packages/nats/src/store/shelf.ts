/** One stream for texts or for entries of tables: what it takes to write into it, and to read from it. */
import type { Clock } from 'naru/base';
import type { KeptMessage } from '../connection.js';
import type { UplinkWrite } from '../uplink.js';
import { BrokerClock } from './broker-clock.js';
import { decodeHead } from './head.js';
import type { NatsStream } from './stream.js';
import { sweep } from './sweep.js';
import type { Attempt, SentWrites } from './writes.js';

/** Milliseconds between two looks for messages that mean nothing any more. */
const SWEEP_MS = 60_000;

/** A stream with its clock. It is swept while it is used. */
export class Shelf {
  readonly stream: NatsStream;
  /** The clock of the server. */
  readonly clock: BrokerClock;
  /** The clock of the node. */
  readonly local: Clock;
  readonly #sent: SentWrites;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(stream: NatsStream, sent: SentWrites, local: Clock) {
    this.stream = stream;
    this.local = local;
    this.clock = new BrokerClock(stream, local);
    this.#sent = sent;
  }

  /** Begins a write, as SentWrites.begin describes. */
  begin(write: UplinkWrite): Promise<Attempt | 'done'> {
    const now = this.local.now();
    if (now - this.#lookedAt >= SWEEP_MS) {
      // Without an answer, the uplink is broken. The next one looks again.
      if (this.#lookedAt > Number.NEGATIVE_INFINITY) sweep(this.stream, this.clock).catch(() => undefined);
      this.#lookedAt = now;
    }
    return this.#sent.begin(this.stream, write);
  }

  /** Whether a message has a value now. */
  async isAlive(message: KeptMessage): Promise<boolean> {
    const head = decodeHead(message);
    if (!head || head.isGone) return false;
    return head.lifeMs === undefined || message.at + head.lifeMs > (await this.clock.now());
  }
}
