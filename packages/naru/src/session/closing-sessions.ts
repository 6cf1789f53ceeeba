/** The sessions that were closed while data waits for their clients. None of them waits longer than `closeTimeout`. */
import type { Timers } from '../base/clock.js';
import { type Deadlines, Wait, waitsOf } from '../base/deadlines.js';
import { UnavailableError } from '../base/errors.js';
import type { Transport, TransportHandler } from '../transport/transport.js';

/** A session that ends when its transport has taken the waiting data, or is over. */
export interface ClosingSession extends Pick<TransportHandler, 'onClose'> {
  readonly transport: Transport;
}

/** The closing sessions of one engine. */
export class ClosingSessions {
  readonly #deadlines: Deadlines<Wait>;
  /** Few sessions close slowly, so the others have no field for this. */
  readonly #waits = new Map<ClosingSession, Wait>();

  /** A session has `closeTimeoutMs` milliseconds. */
  constructor(clock: Timers, closeTimeoutMs: number) {
    this.#deadlines = waitsOf(clock, closeTimeoutMs);
  }

  /** Starts the time of a session. Does nothing if it has begun. */
  add(session: ClosingSession): void {
    if (this.#waits.has(session)) return;
    const wait = new Wait(() => this.#expire(session));
    this.#waits.set(session, wait);
    this.#deadlines.add(wait);
  }

  /** Ends the time of a session. Does nothing for a session that was never added. */
  remove(session: ClosingSession): void {
    const wait = this.#waits.get(session);
    if (!wait) return;
    this.#waits.delete(session);
    this.#deadlines.remove(wait);
  }

  #expire(session: ClosingSession): void {
    this.#waits.delete(session);
    const message = `the client did not take the waiting data within ${this.#deadlines.durationMs} ms of the close`;
    const { transport } = session;
    session.onClose(transport, new UnavailableError('TIMEOUT', message));
    transport.abort();
  }
}
