/** Turns: measurements that run at the same time, of which one at a time does something. */

export class Turns {
  /** Resolves when all who have asked for a turn have had it. @type {Promise<void>} */
  #last = Promise.resolve();

  /**
   * Runs `work` from its first turn on. `work` can pass the turn on: the promise resolves when all who waited have had
   * a turn.
   * @template T
   * @param {(pass: () => Promise<void>) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(work) {
    let end = await this.#take();
    const pass = async () => {
      const next = this.#take();
      end();
      end = await next;
    };
    try {
      return await work(pass);
    } finally {
      end();
    }
  }

  /** Waits for a turn, and returns the function that ends it. */
  async #take() {
    const before = this.#last;
    /** @type {() => void} */
    let end = () => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
