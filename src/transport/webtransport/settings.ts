/** What all WebTransport transports of a server have in common. */
import type { Clock } from '../../base/clock.js';
import type { Deadlines } from '../../base/deadlines.js';
import { type Wait, waitsOf } from '../polling/settings.js';

/** What can be set. */
export interface WebTransportOptions {
  /** Bytes of one record; beyond it the session is closed with code 1009. */
  readonly recordBytesMax: number;
  /** Milliseconds that a peer has to read the rest of what was sent before a close. */
  readonly closeTimeoutMs: number;
  readonly clock: Clock;
}

/** What can be set, and the queue of transports that are closing. */
export interface WebTransportSettings extends WebTransportOptions {
  readonly closeDeadlines: Deadlines<Wait>;
}

/** Makes the settings of a server. */
export function webTransportSettings(options: WebTransportOptions): WebTransportSettings {
  return { ...options, closeDeadlines: waitsOf(options.clock, options.closeTimeoutMs) };
}
