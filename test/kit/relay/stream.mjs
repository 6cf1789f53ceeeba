/**
 * One direction of a relayed connection. It carries bytes in their order, delays them, holds them back or drops them.
 */
export class Stream {
  #from;
  #to;
  #delayOf;
  /** Bytes that may still be carried. Both ends close after the last one. */
  #left;
  /** @type {{ at: number, chunk: Buffer }[]} */
  #late = [];
  /** @type {NodeJS.Timeout | undefined} */
  #delivery;
  /** @type {NodeJS.Timeout | undefined} */
  #release;
  #isHeld = false;
  #isDropping = false;

  /**
   * @param {import('node:net').Socket} from
   * @param {import('node:net').Socket} to
   * @param {() => number} delayOf returns the delay of a chunk in milliseconds
   * @param {number} [bytesMax]
   */
  constructor(from, to, delayOf, bytesMax = Number.POSITIVE_INFINITY) {
    this.#from = from;
    this.#to = to;
    this.#delayOf = delayOf;
    this.#left = bytesMax;
    from.on('data', (chunk) => this.#take(chunk));
    to.on('drain', () => this.#resume());
    to.on('close', () => clearTimeout(this.#delivery));
  }

  /**
   * Stops reading from its source, for `ms` milliseconds or permanently.
   * @param {number} [ms]
   */
  hold(ms) {
    if (this.#isDropping) return;
    this.#isHeld = true;
    this.#from.pause();
    clearTimeout(this.#release);
    if (ms !== undefined) this.#release = setTimeout(() => this.#free(), ms).unref();
  }

  /** Reads on and drops the data. */
  drop() {
    this.#isDropping = true;
    this.#free();
  }

  /** Ends its target after all delayed data has arrived. Call it when the source is closed. */
  finish() {
    clearTimeout(this.#release);
    if (this.#late.length === 0) this.#to.destroySoon();
  }

  #free() {
    clearTimeout(this.#release);
    this.#isHeld = false;
    this.#resume();
  }

  #resume() {
    if (!this.#isHeld) this.#from.resume();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    if (this.#isDropping || this.#left <= 0) return;
    const ms = this.#delayOf();
    if (ms <= 0 && this.#late.length === 0) {
      this.#carry(chunk);
      return;
    }
    // A chunk never overtakes an earlier one, even when the delay becomes shorter.
    this.#late.push({ at: Math.max(Date.now() + ms, this.#late.at(-1)?.at ?? 0), chunk });
    if (this.#late.length === 1) this.#wait();
  }

  #wait() {
    const [next] = this.#late;
    if (next !== undefined) this.#delivery = setTimeout(() => this.#deliver(), next.at - Date.now());
    else if (this.#from.destroyed) this.#to.destroySoon();
  }

  #deliver() {
    const now = Date.now();
    for (let [next] = this.#late; next !== undefined && next.at <= now; [next] = this.#late) {
      this.#late.shift();
      if (!this.#isDropping) this.#carry(next.chunk);
    }
    this.#wait();
  }

  /** @param {Buffer} chunk */
  #carry(chunk) {
    const part = this.#left < chunk.length ? chunk.subarray(0, this.#left) : chunk;
    this.#left -= part.length;
    if (part.length > 0 && this.#to.writable && !this.#to.write(part)) this.#from.pause();
    if (this.#left <= 0) for (const socket of [this.#from, this.#to]) socket.destroySoon();
  }
}
