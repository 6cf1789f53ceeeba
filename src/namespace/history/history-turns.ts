/** Gives readings of the log their turn, so that one client that asks for very many keeps no other from its own. */
import { networkOf } from '../../base/network-of.js';

/** For whom something is read. */
export interface Reader {
  /** Whether it is still there; nothing is read for who has gone. */
  readonly connected: boolean;
  readonly conn: { readonly remoteAddress: string };
}

interface Waiting {
  readonly reader: Reader;
  begin(): Promise<void>;
  refuse(): void;
}

/**
 * A queue of readings. Guarantees: at most so many go on at once; networks that wait take turns, and each has its readings in the order in
 * which they were asked for; where no more may wait, one of the network that has most of them makes room for who has less.
 */
export class HistoryTurns {
  readonly #readingMax: number;
  readonly #waitingMax: number;
  /** In the order of their turns; none is empty. */
  readonly #shares = new Map<string, Waiting[]>();
  #waiting = 0;
  #reading = 0;

  /** `readingMax` 1 or more go on at once; at most `waitingMax` wait, which may be `Infinity`. */
  constructor(readingMax: number, waitingMax: number) {
    this.#readingMax = readingMax;
    this.#waitingMax = waitingMax;
  }

  /** Whether a reading of this client would be refused now. */
  isFullFor(reader: Reader): boolean {
    if (this.#waiting < this.#waitingMax) return false;
    this.#dropGone();
    return this.#waiting >= this.#waitingMax && !this.#largestBeside(networkOf(reader.conn.remoteAddress));
  }

  /**
   * Has something read when its turn has come. Resolves with nothing where too many wait, now or when it has to make room for others, and
   * where its client has gone meanwhile; rejects as `read` does.
   */
  take<T>(reader: Reader, read: () => Promise<T>): Promise<T | undefined> {
    if (this.isFullFor(reader)) return Promise.resolve(undefined);
    const network = networkOf(reader.conn.remoteAddress);
    if (this.#waiting >= this.#waitingMax) this.#makeRoom(network);
    return new Promise((resolve, reject) => {
      const waiting = { reader, begin: () => read().then(resolve, reject), refuse: () => resolve(undefined) };
      const share = this.#shares.get(network);
      if (share) share.push(waiting);
      else this.#shares.set(network, [waiting]);
      this.#waiting += 1;
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#reading < this.#readingMax) {
      const next = this.#next();
      if (!next) return;
      if (!next.reader.connected) {
        next.refuse();
        continue;
      }
      this.#reading += 1;
      void next.begin().then(() => {
        this.#reading -= 1;
        this.#begin();
      });
    }
  }

  /** The first of the network whose turn it is, which is the last one then. */
  #next(): Waiting | undefined {
    for (const [network, share] of this.#shares) {
      const next = share.shift();
      this.#shares.delete(network);
      if (share.length > 0) this.#shares.set(network, share);
      this.#waiting -= 1;
      return next;
    }
    return undefined;
  }

  #makeRoom(network: string): void {
    const evicted = this.#largestBeside(network)?.pop();
    if (!evicted) return;
    this.#waiting -= 1;
    evicted.refuse();
  }

  /** Those of the network that has most, if it has two more than this one. */
  #largestBeside(network: string): Waiting[] | undefined {
    let largest: Waiting[] | undefined;
    for (const share of this.#shares.values()) if (share.length > (largest?.length ?? 0)) largest = share;
    return largest && largest.length >= (this.#shares.get(network)?.length ?? 0) + 2 ? largest : undefined;
  }

  #dropGone(): void {
    for (const [network, share] of this.#shares) {
      const kept: Waiting[] = [];
      for (const waiting of share) {
        if (waiting.reader.connected) kept.push(waiting);
        else waiting.refuse();
      }
      this.#waiting -= share.length - kept.length;
      if (kept.length === 0) this.#shares.delete(network);
      else this.#shares.set(network, kept);
    }
  }
}
