/** Queues readings of the log, so that a client with many requests does not delay those of others. */
import { FairQueue, type Queued } from '../../base/networks/fair-queue.js';
import { networkOf } from '../../base/networks/network-of.js';

/** The client for which something is read. */
export interface Reader {
  /** Whether it is still connected. Nothing is read for a client that has gone. */
  readonly connected: boolean;
  readonly conn: { readonly remoteAddress: string };
}

interface Waiting {
  readonly reader: Reader;
  begin(): Promise<void>;
  refuse(): void;
}

/**
 * A queue of readings. Guarantees: at most `readingMax` run at once. Networks take turns, and the readings of one
 * network run in the order of their requests. When the queue is full, a newcomer replaces the newest reading of the
 * network with the most readings in it.
 */
export class HistoryQueue {
  readonly #readingMax: number;
  readonly #waitingMax: number;
  readonly #waiting = new FairQueue<Waiting>();
  #reading = 0;

  /** `readingMax` is 1 or more. `waitingMax` may be `Infinity`. */
  constructor(readingMax: number, waitingMax: number) {
    this.#readingMax = readingMax;
    this.#waitingMax = waitingMax;
  }

  /** Whether a reading of this client would be refused now. */
  isFullFor(reader: Reader): boolean {
    if (this.#waiting.size < this.#waitingMax) return false;
    this.#dropGone();
    return this.#waiting.size >= this.#waitingMax && !this.#waiting.evictFor(networkOf(reader.conn.remoteAddress));
  }

  /**
   * Calls `read` in its turn. Resolves with `undefined` when the queue is full, when the reading has to make room for
   * others, and when its client disconnects meanwhile. Rejects as `read` does.
   */
  take<T>(reader: Reader, read: () => Promise<T>): Promise<T | undefined> {
    if (this.isFullFor(reader)) return Promise.resolve(undefined);
    const network = networkOf(reader.conn.remoteAddress);
    const evicted = this.#waiting.size >= this.#waitingMax ? this.#waiting.evictFor(network) : undefined;
    if (evicted) this.#refuse(evicted);
    return new Promise((resolve, reject) => {
      const waiting = { reader, begin: () => read().then(resolve, reject), refuse: () => resolve(undefined) };
      this.#waiting.add(waiting, network);
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#reading < this.#readingMax) {
      const queued = this.#waiting.firstOfNextNetwork();
      if (!queued) return;
      if (!queued.item.reader.connected) {
        this.#refuse(queued);
        continue;
      }
      this.#waiting.remove(queued);
      this.#reading += 1;
      void queued.item.begin().then(() => {
        this.#reading -= 1;
        this.#begin();
      });
    }
  }

  #refuse(queued: Queued<Waiting>): void {
    this.#waiting.remove(queued);
    queued.item.refuse();
  }

  #dropGone(): void {
    for (let queued = this.#waiting.first(); queued; queued = queued.next)
      if (!queued.item.reader.connected) this.#refuse(queued);
  }
}
