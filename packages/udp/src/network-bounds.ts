/** Counts peers by their networks, and decides whether another may enter. */
import { networkOf } from 'naru/base';

/** The bounds on peers. */
export interface PeerBounds {
  readonly totalMax: number;
  /** The most peers of one network (`networkOf`), because one IPv6 host has many addresses. */
  readonly perNetworkMax: number;
  /** The most new peers in one second. */
  readonly perSecondMax: number;
}

/** The peers that are in. Invariant: `count` is the sum of the counts of all networks. */
export class NetworkBounds {
  readonly #now: () => number;
  readonly #bounds: PeerBounds;
  /** For each network, the count of its peers, and the first of its addresses that was seen. */
  readonly #perNetwork = new Map<string, { readonly address: string; count: number }>();
  #count = 0;
  #allowance: number;
  #allowanceAt = 0;

  constructor(now: () => number, bounds: PeerBounds) {
    this.#now = now;
    this.#bounds = bounds;
    this.#allowance = bounds.perSecondMax;
  }

  /** The peers of all networks. */
  get count(): number {
    return this.#count;
  }

  /**
   * Returns why another peer from this address may not enter, or `undefined` if it may: `fast` when too many ask in a
   * second, `full` when too many are in. Counts the question.
   */
  check(address: string): 'fast' | 'full' | undefined {
    const { totalMax, perNetworkMax, perSecondMax } = this.#bounds;
    const now = this.#now();
    const passed = Math.max(0, now - this.#allowanceAt);
    this.#allowance = Math.min(perSecondMax, this.#allowance + (passed * perSecondMax) / 1_000);
    this.#allowanceAt = now;
    if (this.#allowance < 1) return 'fast';
    this.#allowance -= 1;
    const ofNetwork = this.#perNetwork.get(networkOf(address))?.count ?? 0;
    return this.#count >= totalMax || ofNetwork >= perNetworkMax ? 'full' : undefined;
  }

  /** Counts a peer. Returns its address, if possible as the string that is already kept. */
  enter(address: string): string {
    const network = networkOf(address);
    let known = this.#perNetwork.get(network);
    if (!known) {
      known = { address, count: 0 };
      this.#perNetwork.set(network, known);
    }
    known.count += 1;
    this.#count += 1;
    return known.address === address ? known.address : address;
  }

  /** Removes a peer. */
  leave(address: string): void {
    const network = networkOf(address);
    const known = this.#perNetwork.get(network);
    if (!known) return;
    this.#count -= 1;
    known.count -= 1;
    if (known.count === 0) this.#perNetwork.delete(network);
  }
}
