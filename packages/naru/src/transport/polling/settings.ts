/** The settings that all polling and streaming transports of an engine share. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.js';
import type { Deadlines, Wait } from '../../base/deadlines.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { ClosingStreams } from '../closing-streams.js';

/**
 * The bounds and hooks of long-polling and HTTP streaming. The queues of deadlines serve all requests, so none needs
 * its own timer.
 */
export interface PollingSettings {
  /** The most bytes of a request's body. A larger body is answered with 413, and the transport closes. */
  readonly bodyBytesMax: number;
  /** The most packets in a request's body. A body with more is answered with 400, and the transport closes. */
  readonly packetsMax: number;
  /** The most bytes of several answers that may wait for a client that polls again. Beyond that, its session ends. */
  readonly bufferedBytesMax: number;
  /** The deadlines of bodies that are being read. A late body is answered with 408, and the transport closes. */
  readonly bodyDeadlines: Deadlines<Wait>;
  /**
   * The deadlines of closing transports that wait for a GET to answer, and of responses that wait for their client to
   * read the end.
   */
  readonly closeDeadlines: Deadlines<Wait>;
  /** The registry of responses whose end was written and not taken yet. */
  readonly closing?: ClosingStreams;
  /** Responses of at least this many bytes are compressed. Infinity turns compression off. */
  readonly compressionThreshold: number;
  readonly clock: Clock;
  readonly nodeInternals: NodeInternals;
  /**
   * Adds headers before the head of a response is written. `newId` is the sid, and only given for the first response of
   * a session.
   */
  readonly addHeaders: (headers: Record<string, unknown>, request: IncomingMessage, newId: string | undefined) => void;
}
