/** The answers that a client waits for: where each goes, until the listener gives it. */
import type { Reply } from './stomp-client.js';

/** Answers by number. At the bound the oldest is given up, as the one that is the least likely to come. */
export class Replies {
  readonly #countMax: number;
  readonly #replies = new Map<number, Reply>();
  #id = 0;

  /** At most `countMax` answers are waited for. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Waits for an answer, and gives its number. */
  expect(reply: Reply): number {
    const [oldest] = this.#replies.keys();
    if (oldest !== undefined && this.#replies.size >= this.#countMax) this.#replies.delete(oldest);
    this.#id += 1;
    this.#replies.set(this.#id, reply);
    return this.#id;
  }

  /** Where an answer goes that came; nothing for one that nobody waits for. */
  take(id: number): Reply | undefined {
    const reply = this.#replies.get(id);
    this.#replies.delete(id);
    return reply;
  }
}
