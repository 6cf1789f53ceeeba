/**
 * Passes connections from one worker through the primary to the worker of their session. The primary never reads from
 * them.
 */
import { Buffer } from 'node:buffer';
import { type RawConnection, socketOfRaw } from '../node-internals/raw-connection.js';
import { refuseUpgrade } from '../transport/websocket/accept.js';

/**
 * Sends a connection to another process. Calls back when the connection is on its way, or with the error if it is not.
 */
export type SendConnection = (connection: RawConnection, sent: (error: Error | null) => void) => void;

/**
 * The connections that are on their way to one process. Each is closed here when it is gone, because the other process
 * has a copy.
 */
export class HandOvers {
  readonly #countMax: number;
  readonly #refuse: (connection: RawConnection) => void;
  readonly #open = new Set<RawConnection>();

  /**
   * `refuse` answers the client of a connection that cannot be sent. Beyond `countMax`, a worker passes connections on
   * over links, and the primary refuses them.
   */
  constructor(refuse: (connection: RawConnection) => void, countMax = 1_000) {
    this.#countMax = countMax;
    this.#refuse = refuse;
  }

  /** Whether too many connections are on their way. */
  get isFull(): boolean {
    return this.#open.size >= this.#countMax;
  }

  /** Sends a connection. If that fails, its client is refused. */
  send(connection: RawConnection, send: SendConnection): void {
    this.#open.add(connection);
    send(connection, (error) => {
      // The process may have ended, and its connections may be refused already.
      if (!this.#open.delete(connection)) return;
      if (error) this.#refuse(connection);
      else connection.close();
    });
  }

  /** Refuses the connections that did not leave before the other process ended. */
  end(): void {
    for (const connection of this.#open) this.#refuse(connection);
    this.#open.clear();
  }
}

/** Refuses an upgrade for a session whose worker is gone, as an engine does. */
export function refuseRaw(connection: RawConnection): void {
  refuseUpgrade(socketOfRaw(connection, Buffer.alloc(0)), 400, 'Session ID unknown');
}
