/** The replies that a client waits for, until listeners answer. */
import type { Reply } from './stomp-client.js';

/** Awaited replies by number. At the bound the oldest is dropped, because its answer is the least likely to come. */
export class Replies {
  readonly #countMax: number;
  readonly #replies = new Map<number, Reply>();
  #id = 0;

  /** `countMax` is the maximum number of awaited replies. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Adds an awaited reply and returns its number. */
  expect(reply: Reply): number {
    const [oldest] = this.#replies.keys();
    if (oldest !== undefined && this.#replies.size >= this.#countMax) this.#replies.delete(oldest);
    this.#id += 1;
    this.#replies.set(this.#id, reply);
    return this.#id;
  }

  /** Removes and returns the reply that an answer belongs to. Returns `undefined` if nobody waits for it. */
  take(id: number): Reply | undefined {
    const reply = this.#replies.get(id);
    this.#replies.delete(id);
    return reply;
  }
}
