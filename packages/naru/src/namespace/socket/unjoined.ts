/** The connections that have not joined a namespace yet. Each is closed unless it joins in time. */
import type { Timers } from '../../base/clock.js';
import { type Deadlines, Wait, waitsOf } from '../../base/deadlines.js';
import type { JoiningClient, LeavingClient } from './joining-client.js';

/** A connection that is closed unless it joins a namespace in time. */
export interface Unjoined extends LeavingClient, Pick<JoiningClient, 'isGuest'> {
  /** Called when the time to join is over. */
  onUnjoined(): void;
}

/** The connections of one server that have to join. A new time applies to the connections that are added later. */
export class UnjoinedConnections {
  readonly #clock: Timers;
  /** The waits are kept here, because most connections have joined and need no room for one. */
  readonly #waits = new Map<Unjoined, Wait>();
  #queue: Deadlines<Wait>;

  /** A connection has `timeoutMs` milliseconds to join. */
  constructor(clock: Timers, timeoutMs: number) {
    this.#clock = clock;
    this.#queue = waitsOf(clock, timeoutMs);
  }

  /** Milliseconds that a connection has to join. */
  get timeoutMs(): number {
    return this.#queue.durationMs;
  }

  // The entries of a queue wait equally long. Those of an earlier time stay in their queue, which has its own timer.
  set timeoutMs(timeoutMs: number) {
    if (timeoutMs !== this.timeoutMs) this.#queue = waitsOf(this.#clock, timeoutMs);
  }

  /** The connections that wait. */
  get all(): Unjoined[] {
    return [...this.#waits.keys()];
  }

  /** Starts the time of a connection, or starts it again. */
  add(connection: Unjoined): void {
    const onExpired = (): void => {
      this.#waits.delete(connection);
      connection.onUnjoined();
    };
    const wait = this.#waits.get(connection) ?? new Wait(onExpired);
    this.#waits.set(connection, wait);
    this.#queue.add(wait);
  }

  /** Ends the time of a connection. Ignores a connection that was not added. */
  remove(connection: Unjoined): void {
    const wait = this.#waits.get(connection);
    if (this.#waits.delete(connection)) wait?.deadlineQueue?.remove(wait as never);
  }
}
