/** The connections that have not joined a namespace yet. Each is closed unless it joins in time. */
import type { Timers } from '../../base/clock.js';
import { type DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import type { JoiningClient, LeavingClient } from './joining-client.js';

/** A connection that is closed unless it joins a namespace in time. */
export interface Unjoined extends DeadlineEntry, LeavingClient, Pick<JoiningClient, 'isGuest'> {
  /** Called when the time to join is over. */
  onUnjoined(): void;
}

/** The connections of one server that have to join. A new time applies to the connections that are added later. */
export class UnjoinedConnections {
  readonly #clock: Timers;
  #queue: Deadlines<Unjoined>;
  /** The queues of earlier times, as long as connections are in them. All entries of a queue wait equally long. */
  #former: readonly Deadlines<Unjoined>[] = [];

  /** A connection has `timeoutMs` milliseconds to join. */
  constructor(clock: Timers, timeoutMs: number) {
    this.#clock = clock;
    this.#queue = queueOf(clock, timeoutMs);
  }

  /** Milliseconds that a connection has to join. */
  get timeoutMs(): number {
    return this.#queue.durationMs;
  }

  set timeoutMs(timeoutMs: number) {
    if (timeoutMs === this.timeoutMs) return;
    this.#former = [...this.#former, this.#queue].filter(({ count }) => count > 0);
    this.#queue = queueOf(this.#clock, timeoutMs);
  }

  /** The connections that wait. */
  get all(): Unjoined[] {
    return [...this.#former, this.#queue].flatMap((queue) => [...queue.entries()]);
  }

  /** Starts the time of a connection, or starts it again. */
  add(connection: Unjoined): void {
    this.#queue.add(connection);
  }

  /** Ends the time of a connection. Ignores a connection that was not added. */
  remove(connection: Unjoined): void {
    this.#queue.remove(connection);
    for (const queue of this.#former) queue.remove(connection);
  }
}

function queueOf(clock: Timers, timeoutMs: number): Deadlines<Unjoined> {
  return new Deadlines<Unjoined>(clock, timeoutMs, (connection) => connection.onUnjoined());
}
