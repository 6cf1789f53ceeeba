/** Requests that wait for the application to decide. None waits forever, and none outlives its client or the engine. */

import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';

/** Why a wait ended without a decision: the application took too long, or the engine closed. */
export type GivenUp = 'undecided' | 'closed';

/** A response or the socket of an upgrade, which closes when its client disconnects. */
export interface Carrier {
  once(name: 'close', listener: () => void): unknown;
  off(name: 'close', listener: () => void): unknown;
}

interface Waiting extends DeadlineEntry {
  giveUp(why: GivenUp): void;
}

/**
 * Keeps the waits. Invariant: a request waits from `begin` until the decision, the end of its carrier, the deadline or
 * `close`.
 */
export class HandshakeWaits {
  readonly #deadlines: Deadlines<Waiting>;
  #isClosed = false;

  /** Each wait lasts `timeoutMs` at most. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#deadlines = new Deadlines(clock, timeoutMs, (waiting) => waiting.giveUp('undecided'));
  }

  /** Number of requests that wait. */
  get count(): number {
    return this.#deadlines.count;
  }

  /** Begins a wait. The returned function ends the wait. It returns `false` if the wait is already over. */
  begin(carrier: Carrier, onGivenUp: (why: GivenUp) => void): () => boolean {
    let isDue = true;
    const end = (): boolean => {
      if (!isDue) return false;
      isDue = false;
      this.#deadlines.remove(waiting);
      carrier.off('close', end);
      return true;
    };
    const giveUp = (why: GivenUp): void => {
      if (end()) onGivenUp(why);
    };
    const waiting: Waiting = Object.assign(new DeadlineEntry(), { giveUp });
    this.#deadlines.add(waiting);
    carrier.once('close', end);
    return end;
  }

  /** Begins a wait like `begin` for the socket of an upgrade, and holds the socket meanwhile. */
  hold(socket: Duplex, onGivenUp: (why: GivenUp) => void): () => boolean {
    const release = holdSocket(socket);
    const end = this.begin(socket, (why) => {
      release();
      onGivenUp(why);
    });
    return () => {
      const isDue = end();
      if (isDue) release();
      return isDue;
    };
  }

  /** Whether `close` was called. The owner must not begin a wait after that. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Gives up all waits. */
  close(): void {
    this.#isClosed = true;
    while (this.#deadlines.first) this.#deadlines.first.giveUp('closed');
  }
}

/**
 * Holds a socket until the returned function is called. Meanwhile the socket is destroyed when its peer ends it or when
 * it fails. Data from the peer stays in the socket's buffer for a later reader.
 */
export function holdSocket(socket: Duplex): () => void {
  socket.on('error', destroy).on('end', destroy).on('readable', look);
  return () => void socket.off('error', destroy).off('end', destroy).off('readable', look);
}

/** Reads from an empty buffer, which loses no data. Without a read, the end of the stream is not noticed. */
function look(this: Duplex): void {
  if (this.readableLength === 0) this.read();
}

function destroy(this: Duplex): void {
  this.destroy();
}
