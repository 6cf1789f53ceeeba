/** Queues readings of the log, so that a client that asks for very many does not keep others from theirs. */
import { FairQueue } from '../../base/networks/fair-queue.js';
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
 * A queue of readings. Guarantees: at most `readingMax` run at once. Networks take turns, and the readings of one network run in the order
 * of their requests. When the queue is full, a newcomer replaces the newest reading of the network with the most readings in it.
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
   * Calls `read` in its turn. Resolves with `undefined` when the queue is full, when the reading has to make room for others, and when its
   * client goes meanwhile. Rejects as `read` does.
   */
  take<T>(reader: Reader, read: () => Promise<T>): Promise<T | undefined> {
    if (this.isFullFor(reader)) return Promise.resolve(undefined);
    const network = networkOf(reader.conn.remoteAddress);
    if (this.#waiting.size >= this.#waitingMax) this.#makeRoom(network);
    return new Promise((resolve, reject) => {
      const waiting = { reader, begin: () => read().then(resolve, reject), refuse: () => resolve(undefined) };
      this.#waiting.add(waiting, network);
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#reading < this.#readingMax) {
      const queued = this.#waiting.firstInTurn();
      if (!queued) return;
      this.#waiting.remove(queued);
      const { reader, begin, refuse } = queued.item;
      if (!reader.connected) {
        refuse();
        continue;
      }
      this.#reading += 1;
      void begin().then(() => {
        this.#reading -= 1;
        this.#begin();
      });
    }
  }

  #makeRoom(network: string): void {
    const evicted = this.#waiting.evictFor(network);
    if (!evicted) return;
    this.#waiting.remove(evicted);
    evicted.item.refuse();
  }

  #dropGone(): void {
    for (let queued = this.#waiting.first(); queued; queued = queued.next) {
      if (queued.item.reader.connected) continue;
      this.#waiting.remove(queued);
      queued.item.refuse();
    }
  }
}
