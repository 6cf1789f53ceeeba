/** The requests that wait for the application to decide: none waits for ever, and none outlives its client or the engine. */

import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';

/** Why a wait was given up: the application took too long, or the engine closed. */
export type GivenUp = 'undecided' | 'closed';

/** What ends with its client: a response, or the socket of an upgrade. */
export interface Carrier {
  once(name: 'close', listener: () => void): unknown;
  off(name: 'close', listener: () => void): unknown;
}

interface Waiting extends DeadlineEntry {
  giveUp(why: GivenUp): void;
}

/** Invariant: a request waits from `begin` until the first of: the decision, the end of its carrier, the deadline, `close`. */
export class HandshakeWaits {
  readonly #waiting = new Set<Waiting>();
  readonly #deadlines: Deadlines<Waiting>;
  #isClosed = false;

  /** Each wait lasts `timeoutMs` at most. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#deadlines = new Deadlines(clock, timeoutMs, (waiting) => waiting.giveUp('undecided'));
  }

  /** Requests that wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Begins a wait. The function that it gives ends it, and says whether it still lasted; after `onGivenUp` it did not. */
  begin(carrier: Carrier, onGivenUp: (why: GivenUp) => void): () => boolean {
    const end = (): boolean => {
      if (!this.#waiting.delete(waiting)) return false;
      this.#deadlines.remove(waiting);
      carrier.off('close', end);
      return true;
    };
    const giveUp = (why: GivenUp): void => {
      if (end()) onGivenUp(why);
    };
    const waiting: Waiting = Object.assign(new DeadlineEntry(), { giveUp });
    this.#waiting.add(waiting);
    this.#deadlines.add(waiting);
    carrier.once('close', end);
    return end;
  }

  /** As `begin`, for the socket of an upgrade: it is held while the wait lasts. */
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

  /** Whether it was closed. Its owner begins no wait then. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Gives up all. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of [...this.#waiting]) waiting.giveUp('closed');
  }
}

/**
 * Holds a socket until the function is called that this gives. Meanwhile it is destroyed when its peer goes, or when it fails; what the
 * peer sends stays in it, as far as its buffer goes, for whoever reads it then.
 */
export function holdSocket(socket: Duplex): () => void {
  socket.on('error', destroy).on('end', destroy).on('readable', look);
  return () => {
    socket.off('error', destroy).off('end', destroy).off('readable', look);
  };
}

/** The end of a stream shows only to who reads, and a read of nothing takes nothing away. */
function look(this: Duplex): void {
  if (this.readableLength === 0) this.read();
}

function destroy(this: Duplex): void {
  this.destroy();
}
