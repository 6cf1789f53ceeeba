/** A queue that networks share fairly. It keeps the order of arrival and the number of items of each network. */
import { getOrCreate } from '../get-or-create.js';

/** An item in the queue, linked to its neighbours there and within its network. */
export interface Queued<T> {
  readonly item: T;
  readonly share: Share<T>;
  isThere: boolean;
  previous: Queued<T> | undefined;
  next: Queued<T> | undefined;
  previousOfShare: Queued<T> | undefined;
  nextOfShare: Queued<T> | undefined;
}

/** The items of one network. */
interface Share<T> {
  readonly network: string;
  count: number;
  first: Queued<T> | undefined;
  last: Queued<T> | undefined;
}

const newShares = <T>(): Set<Share<T>> => new Set();

/**
 * The queue. Invariant: `#bySize` lists each share under its count, and no share is empty. Every method takes constant
 * time, so a crowd cannot slow it down.
 */
export class FairQueue<T> {
  #first: Queued<T> | undefined;
  #last: Queued<T> | undefined;
  #size = 0;
  /** The shares by network, in the order in which `firstOfNextNetwork` serves them. */
  readonly #shares = new Map<string, Share<T>>();
  readonly #bySize = new Map<number, Set<Share<T>>>();
  #largest = 0;

  /** Number of items in the queue. */
  get size(): number {
    return this.#size;
  }

  /** Number of networks with an item in the queue. */
  get networkCount(): number {
    return this.#shares.size;
  }

  /** Adds an item at the end. */
  add(item: T, network: string): Queued<T> {
    const share = getOrCreate(this.#shares, network, () => ({ network, count: 0, first: undefined, last: undefined }));
    const queued: Queued<T> = {
      item,
      share,
      isThere: true,
      previous: this.#last,
      next: undefined,
      previousOfShare: share.last,
      nextOfShare: undefined,
    };
    if (this.#last) this.#last.next = queued;
    else this.#first = queued;
    this.#last = queued;
    if (share.last) share.last.nextOfShare = queued;
    else share.first = queued;
    share.last = queued;
    this.#size += 1;
    this.#resize(share, 1);
    return queued;
  }

  /** Removes an item from any place. Returns whether it was in the queue. */
  remove(queued: Queued<T>): boolean {
    if (!queued.isThere) return false;
    queued.isThere = false;
    this.#size -= 1;
    const { share, previous, next, previousOfShare, nextOfShare } = queued;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    if (previousOfShare) previousOfShare.nextOfShare = nextOfShare;
    else share.first = nextOfShare;
    if (nextOfShare) nextOfShare.previousOfShare = previousOfShare;
    else share.last = previousOfShare;
    this.#resize(share, -1);
    return true;
  }

  /** Returns the item that arrived first. */
  first(): Queued<T> | undefined {
    return this.#first;
  }

  /** Returns the first item of the next network in the round robin. That network then goes to the end of the order. */
  firstOfNextNetwork(): Queued<T> | undefined {
    for (const [network, share] of this.#shares) {
      this.#shares.delete(network);
      this.#shares.set(network, share);
      return share.first;
    }
    return undefined;
  }

  /**
   * Returns the item that must make room for a newcomer of `network`: the newest item of the network with the most
   * items, if that has at least two more than `network`. So no item makes room when all are of one network.
   */
  evictFor(network: string): Queued<T> | undefined {
    if (this.#largest < (this.#shares.get(network)?.count ?? 0) + 2) return undefined;
    for (const { last } of this.#bySize.get(this.#largest) ?? []) return last;
    return undefined;
  }

  #resize(share: Share<T>, by: 1 | -1): void {
    const former = this.#bySize.get(share.count);
    former?.delete(share);
    if (former?.size === 0) this.#bySize.delete(share.count);
    share.count += by;
    if (share.count === 0) this.#shares.delete(share.network);
    else getOrCreate(this.#bySize, share.count, newShares<T>).add(share);
    // If this share alone had the largest count, its new count is now the largest.
    if (share.count > this.#largest || !this.#bySize.has(this.#largest)) this.#largest = share.count;
  }
}
