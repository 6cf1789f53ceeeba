/** What all polling transports of an engine have in common. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { ClosingStreams } from '../closing-streams.js';

/** Something that is given up after a while: it stands in a queue of deadlines, which calls back when its time is over. */
export class Wait extends DeadlineEntry {
  readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }
}

/** Bounds and hooks of long-polling and HTTP streaming, and the queues of all that waits, so that no request needs a timer of its own. */
export interface PollingSettings {
  /** Bytes of a request's body; beyond it the answer is 413 and the transport closes. */
  readonly bodyBytesMax: number;
  /** Packets in a request's body; beyond it the answer is 400 and the transport closes. */
  readonly packetsMax: number;
  /** Bodies on their way in; beyond their time the answer is 408 and the transport closes. */
  readonly bodyDeadlines: Deadlines<Wait>;
  /** Transports that close and wait for a GET, to tell the client, and responses that wait for their client to take the end. */
  readonly closeDeadlines: Deadlines<Wait>;
  /** Told of the event streams whose end was written and not taken yet. */
  readonly closing?: ClosingStreams;
  /** Bytes from which on responses are compressed; Infinity: never. */
  readonly compressionThreshold: number;
  readonly clock: Clock;
  readonly nodeInternals: NodeInternals;
  /** Adds headers of others before a response's head is written. `newId` is the sid, for the first response of a session only. */
  readonly addHeaders: (headers: Record<string, unknown>, request: IncomingMessage, newId: string | undefined) => void;
}

/** A queue of waits that all have `durationMs`. */
export function waitsOf(clock: Clock, durationMs: number): Deadlines<Wait> {
  return new Deadlines(clock, durationMs, (wait) => wait.onExpired());
}
