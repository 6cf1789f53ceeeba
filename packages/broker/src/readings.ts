/** Bounds how much of a log is read at the same time over one connection. */
import type { ReadRequest } from './call.js';
import { Semaphore } from './semaphore.js';

/**
 * Requests for pages that run at the same time, and requests for single records. A page has up to 4 MiB, or one batch
 * that is larger. Each keeps the server busy, and Redis breaks the connection of a subscriber for which 32 MiB wait.
 */
const PAGES_MAX = 4;
const RECORDS_MAX = 4;

/**
 * The readings over one connection. A request for one record does not wait for pages: a client that looks for its
 * session needs several of them.
 */
export class Readings {
  readonly #pages = new Semaphore(PAGES_MAX);
  readonly #records = new Semaphore(RECORDS_MAX);

  /**
   * Carries out a request to read as soon as few enough others run. It never settles if `isWanted` returns `false`
   * then.
   */
  run<T>({ method, args }: ReadRequest, isWanted: () => boolean, carryOut: () => Promise<T>): Promise<T> {
    const count = method === 'readAt' ? args[1].length : args[2];
    return (count === 1 ? this.#records : this.#pages).run(isWanted, carryOut);
  }
}
