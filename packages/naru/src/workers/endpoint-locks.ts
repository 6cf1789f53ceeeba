/**
 * Gives each endpoint that workers cannot share to one of them at a time, in the primary.
 * `server/endpoints/endpoint-lock.ts` has the workers' side.
 */
import type { LockAnswer, LockMessage } from '../server/endpoints/endpoint-lock.js';

interface Row<Worker> {
  owner: Worker | undefined;
  readonly waiting: Set<Worker>;
  /** The port that an owner has opened; 0 before that. */
  port: number;
}

/**
 * The locks that the primary gives. Invariant: an endpoint that a worker waits for has an owner, until `close` is
 * called.
 */
export class EndpointLocks<Worker> {
  readonly #answer: (worker: Worker, answer: LockAnswer) => void;
  readonly #rows = new Map<string, Row<Worker>>();
  #isClosed = false;

  constructor(answer: (worker: Worker, answer: LockAnswer) => void) {
    this.#answer = answer;
  }

  /** Takes a message of a worker. */
  onMessage(worker: Worker, message: LockMessage): void {
    const { endpoint } = message;
    const row = this.#rows.get(endpoint) ?? { owner: undefined, waiting: new Set(), port: 0 };
    this.#rows.set(endpoint, row);
    if (message.naru === 'release-lock') this.#leave(endpoint, row, worker);
    else if (message.naru === 'endpoint-opened') row.port = message.port;
    else {
      row.waiting.add(worker);
      if (row.owner === undefined) this.#next(endpoint, row);
      else this.#answer(worker, { naru: 'lock', endpoint, isYours: false, port: row.port });
    }
  }

  /** Takes everything from a worker that has ended. */
  remove(worker: Worker): void {
    for (const [endpoint, row] of this.#rows) this.#leave(endpoint, row, worker);
  }

  /** Gives no more locks, because all workers end. */
  close(): void {
    this.#isClosed = true;
  }

  #leave(endpoint: string, row: Row<Worker>, worker: Worker): void {
    row.waiting.delete(worker);
    if (row.owner !== worker) return;
    row.owner = undefined;
    this.#next(endpoint, row);
  }

  #next(endpoint: string, row: Row<Worker>): void {
    // A reload replaces the newest worker last, so the endpoint moves least often this way.
    const newest = [...row.waiting].at(-1);
    if (newest === undefined || this.#isClosed) return;
    row.waiting.delete(newest);
    row.owner = newest;
    this.#answer(newest, { naru: 'lock', endpoint, isYours: true, port: row.port });
  }
}
