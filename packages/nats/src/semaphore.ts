/** Lets only a few requests run at a time. */

/**
 * Requests begin in the order in which they were made. Guarantee: one that nobody wants any more when it could begin is
 * left out.
 */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** `count` is the number of requests that run at the same time. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Carries out a request as soon as few enough others run. Settles never if `isWanted` returns `false` then. */
  async run<T>(isWanted: () => boolean, request: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      if (isWanted()) return await request();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
    return new Promise(() => undefined);
  }
}
