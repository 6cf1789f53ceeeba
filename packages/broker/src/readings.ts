/** Bounds how much of a log is read at the same time over one connection. */
import type { HomeRequest } from './home.js';
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
   * Carries out a request, and a reading as soon as few enough others run. A reading never settles if `isWanted`
   * returns `false` then.
   */
  run<T>(request: HomeRequest, isWanted: () => boolean, carryOut: () => Promise<T>): Promise<T> {
    const count = countOf(request);
    if (count === undefined) return carryOut();
    return (count === 1 ? this.#records : this.#pages).run(isWanted, carryOut);
  }
}

/** Returns how many records a request reads at most, or `undefined` for other requests. */
function countOf({ method, args }: HomeRequest): number | undefined {
  if (method === 'readAt') return args[1].length;
  return method === 'read' || method === 'readBack' ? args[2] : undefined;
}
