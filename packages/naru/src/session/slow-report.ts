/** The report of the clients that read slowly. The engine passes it on from the namespaces. */

/**
 * The name of a policy for slow readers.
 *
 * - `catch-up`: the client reads its events from the log.
 * - `drop-oldest`: the oldest waiting events are dropped.
 * - `newest-per-key`: of the events with the same key, only the newest waits.
 * - `newest-group`: a client that falls behind misses whole groups of marked events, up to a newer group.
 * - `disconnect`: the client's session ends. The client may come back.
 * - `hold`: the sender is told to wait.
 */
export type SlowPolicyName = 'catch-up' | 'drop-oldest' | 'newest-per-key' | 'newest-group' | 'disconnect' | 'hold';

/** A socket whose client reads slowly. */
export interface SlowReader {
  /** The id of the socket. */
  readonly id: string;
  /** The name of the namespace. */
  readonly namespace: string;
  /** The name of the current transport: `websocket`, `polling` and so on. */
  readonly transport: string;
  /** The policy that applies to its events. */
  readonly policy: SlowPolicyName;
  /** Bytes that wait in memory. Bytes in a connection count for each of its sockets. */
  readonly bytes: number;
  /** When the socket became slow, in milliseconds of the server's clock. */
  readonly since: number;
  /** Events that were dropped since then, and their bytes. */
  readonly droppedEvents: number;
  readonly droppedBytes: number;
  /** Events that a newer event with the same key replaced. */
  readonly conflatedEvents: number;
}

/** Totals since the server started. */
export interface SlowTotals {
  /** Times that a socket became slow, under any policy. */
  readonly sockets: number;
  /** Times that a socket switched to reading from the log. */
  readonly late: number;
  /** Times that senders were told to wait for a socket. */
  readonly held: number;
  /** Sockets that were disconnected because too much waited for them. */
  readonly disconnected: number;
  readonly droppedEvents: number;
  readonly droppedBytes: number;
  readonly conflatedEvents: number;
}

/** The result of `io.engine.slow()`. */
export interface SlowReport {
  /** The count of sockets that currently read slowly. */
  readonly count: number;
  /** The sockets with the most waiting bytes, largest first. */
  readonly readers: readonly SlowReader[];
  readonly totals: SlowTotals;
}
