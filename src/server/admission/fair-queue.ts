/** Those who wait, in the order in which they came, and how many of each network: so that where there is no more room, it is shared. */

/** One who waits. */
export interface Queued<T> {
  readonly item: T;
  readonly share: Share<T>;
  isThere: boolean;
  /** Who came before it and behind it. */
  before: Queued<T> | undefined;
  behind: Queued<T> | undefined;
  /** The same, of its network. */
  previous: Queued<T> | undefined;
  next: Queued<T> | undefined;
}

/** Those of one network. */
interface Share<T> {
  readonly network: string;
  count: number;
  /** Who came last. */
  last: Queued<T> | undefined;
}

/**
 * Invariant: `#bySize` has each share under its count, and no share is empty. Whatever is asked takes constant time, so that a crowd cannot
 * make it slow.
 */
export class FairQueue<T> {
  #first: Queued<T> | undefined;
  #last: Queued<T> | undefined;
  #size = 0;
  readonly #shares = new Map<string, Share<T>>();
  readonly #bySize = new Map<number, Set<Share<T>>>();
  #largest = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Networks that have somebody waiting. */
  get networkCount(): number {
    return this.#shares.size;
  }

  /** Puts one behind all others. */
  add(item: T, network: string): Queued<T> {
    let share = this.#shares.get(network);
    if (!share) {
      share = { network, count: 0, last: undefined };
      this.#shares.set(network, share);
    }
    const queued: Queued<T> = {
      item,
      share,
      isThere: true,
      before: this.#last,
      behind: undefined,
      previous: share.last,
      next: undefined,
    };
    if (this.#last) this.#last.behind = queued;
    else this.#first = queued;
    this.#last = queued;
    if (share.last) share.last.next = queued;
    share.last = queued;
    this.#size += 1;
    this.#resize(share, 1);
    return queued;
  }

  /** Takes one out, wherever it stands; whether it was there. */
  remove(queued: Queued<T>): boolean {
    if (!queued.isThere) return false;
    queued.isThere = false;
    this.#size -= 1;
    const { share, before, behind, previous, next } = queued;
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    if (previous) previous.next = next;
    if (next) next.previous = previous;
    else share.last = previous;
    this.#resize(share, -1);
    return true;
  }

  /** Who came first. */
  first(): Queued<T> | undefined {
    return this.#first;
  }

  /**
   * Who has to make room for one more of a network: the last of the one that has most, if it has two more than that; nobody otherwise, and
   * so nobody where all are of one network.
   */
  evictFor(network: string): Queued<T> | undefined {
    if (this.#largest < (this.#shares.get(network)?.count ?? 0) + 2) return undefined;
    for (const { last } of this.#bySize.get(this.#largest) ?? []) return last;
    return undefined;
  }

  #resize(share: Share<T>, by: 1 | -1): void {
    const before = share.count;
    share.count += by;
    this.#leaveSize(share, before);
    if (share.count === 0) {
      this.#shares.delete(share.network);
    } else {
      const same = this.#bySize.get(share.count);
      if (same) same.add(share);
      else this.#bySize.set(share.count, new Set([share]));
    }
    if (share.count > this.#largest) this.#largest = share.count;
    // It is the share itself that was the largest, so the next size is its own, or there is none.
    else if (!this.#bySize.has(this.#largest)) this.#largest = share.count;
  }

  #leaveSize(share: Share<T>, size: number): void {
    const same = this.#bySize.get(size);
    same?.delete(share);
    if (same?.size === 0) this.#bySize.delete(size);
  }
}
