/** Decides whether a proven address may open another session, and remembers the answered CONNECTs. */
import { Buffer } from 'node:buffer';
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import { networkOf } from '../../base/networks/network-of.js';
import { type Connect, RefusalCode } from '../../protocol/datagram/handshake.js';
import type { DatagramLink } from './link.js';

/** The bounds on sessions and CONNECTs. */
export interface AdmissionBounds {
  readonly clock: Clock;
  readonly sessionsMax: number;
  /** Addresses count by their network (`networkOf`), because one IPv6 host has many addresses. */
  readonly sessionsPerAddressMax: number;
  readonly connectsPerSecond: number;
}

/** An answered CONNECT. While its cookie is valid, a repetition gets the same answer. */
export class Admitted extends DeadlineEntry {
  readonly key: string;
  readonly address: string;
  /** The ACCEPT, once it exists, as a latin1 string. A Buffer would take memory outside of the heap. */
  answer: string | undefined = undefined;
  link: DatagramLink | undefined = undefined;

  constructor(key: string, address: string) {
    super();
    this.key = key;
    this.address = address;
  }
}

/** The admitted sessions and the answered CONNECTs. Invariant: `#count` is the sum of the counts of all networks. */
export class Admissions {
  readonly #bounds: AdmissionBounds;
  readonly #answered = new Map<string, Admitted>();
  readonly #expiring: Deadlines<Admitted>;
  /** For each network, the count of its sessions, and the first of its addresses that was seen. */
  readonly #perNetwork = new Map<string, { readonly address: string; count: number }>();
  #count = 0;
  #allowance: number;
  #allowanceAt = 0;

  /** Answered CONNECTs are remembered for `rememberMs` milliseconds. */
  constructor(bounds: AdmissionBounds, rememberMs: number) {
    this.#bounds = bounds;
    this.#allowance = bounds.connectsPerSecond;
    this.#expiring = new Deadlines<Admitted>(bounds.clock, rememberMs, (entry) => {
      this.#answered.delete(entry.key);
    });
  }

  /** Finds the earlier CONNECT that this one repeats. */
  find({ cookie }: Connect): Admitted | undefined {
    return this.#answered.get(keyOf(cookie));
  }

  /**
   * Returns why another session from this address is refused, or `undefined` if it is allowed. Returns `silence` when there are too many
   * CONNECTs per second to answer them all.
   */
  check(address: string): number | 'silence' | undefined {
    const { clock, connectsPerSecond, sessionsMax, sessionsPerAddressMax } = this.#bounds;
    const now = clock.now();
    const passed = Math.max(0, now - this.#allowanceAt);
    this.#allowance = Math.min(connectsPerSecond, this.#allowance + (passed * connectsPerSecond) / 1_000);
    this.#allowanceAt = now;
    if (this.#allowance < 1) return 'silence';
    this.#allowance -= 1;
    const ofNetwork = this.#perNetwork.get(networkOf(address))?.count ?? 0;
    return this.#count >= sessionsMax || ofNetwork >= sessionsPerAddressMax ? RefusalCode.FULL : undefined;
  }

  /** Counts a session that opens. `admitted.address` is `address`, if possible as the string that other sessions already hold. */
  enter({ cookie }: Connect, address: string): Admitted {
    const admitted = new Admitted(keyOf(cookie), this.#add(address));
    this.#answered.set(admitted.key, admitted);
    this.#expiring.add(admitted);
    return admitted;
  }

  /** Moves a session to another address. */
  move(from: string, to: string): void {
    this.leave(from);
    this.#add(to);
  }

  /** Removes a session that has ended. */
  leave(address: string): void {
    const network = networkOf(address);
    const known = this.#perNetwork.get(network);
    if (!known) return;
    this.#count -= 1;
    known.count -= 1;
    if (known.count === 0) this.#perNetwork.delete(network);
  }

  /** Forgets all answers. */
  close(): void {
    for (const entry of this.#answered.values()) this.#expiring.remove(entry);
    this.#answered.clear();
  }

  /** Counts a session. Returns the address, if possible as the string that is already kept. */
  #add(address: string): string {
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
}

function keyOf(cookie: Uint8Array): string {
  return Buffer.from(cookie.buffer, cookie.byteOffset, cookie.byteLength).toString('latin1');
}
