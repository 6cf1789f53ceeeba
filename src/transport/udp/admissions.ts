/** Decides whether a proven address may open one more session, and remembers which CONNECTs were answered. */
import { Buffer } from 'node:buffer';
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import { networkOf } from '../../base/networks/network-of.js';
import { type Connect, RefusalCode } from '../../protocol/datagram/handshake.js';
import type { DatagramLink } from './link.js';

/** The bounds. */
export interface AdmissionBounds {
  readonly clock: Clock;
  readonly sessionsMax: number;
  /** By `networkOf`: a host with IPv6 has as many addresses as it likes. */
  readonly sessionsPerAddressMax: number;
  readonly connectsPerSecond: number;
}

/** A CONNECT that was answered; while its cookie is good, the same one again gets the same answer. */
export class Admitted extends DeadlineEntry {
  readonly key: string;
  readonly address: string;
  /** The ACCEPT, once it was made, a character for each byte: a Buffer would be, or hold, memory outside of the heap. */
  answer: string | undefined = undefined;
  link: DatagramLink | undefined = undefined;

  constructor(key: string, address: string) {
    super();
    this.key = key;
    this.address = address;
  }
}

/** Invariant: `#count` is the sum of what is counted for each network. */
export class Admissions {
  readonly #bounds: AdmissionBounds;
  readonly #answered = new Map<string, Admitted>();
  readonly #expiring: Deadlines<Admitted>;
  /** By network, its sessions and the first address that was seen of it. */
  readonly #perNetwork = new Map<string, { readonly address: string; count: number }>();
  #count = 0;
  #allowance: number;
  #allowanceAt = 0;

  /** CONNECTs are remembered for `rememberMs`. */
  constructor(bounds: AdmissionBounds, rememberMs: number) {
    this.#bounds = bounds;
    this.#allowance = bounds.connectsPerSecond;
    this.#expiring = new Deadlines<Admitted>(bounds.clock, rememberMs, (entry) => {
      this.#answered.delete(entry.key);
    });
  }

  /** The CONNECT that this one repeats. */
  find({ cookie }: Connect): Admitted | undefined {
    return this.#answered.get(keyOf(cookie));
  }

  /** Why one more session from this address cannot be; `silence` when even to say so would be too much. */
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

  /** A session opens. `admitted.address` is the address, where it can be as the one text that all its sessions share. */
  enter({ cookie }: Connect, address: string): Admitted {
    const admitted = new Admitted(keyOf(cookie), this.#add(address));
    this.#answered.set(admitted.key, admitted);
    this.#expiring.add(admitted);
    return admitted;
  }

  /** A session has another address from now on. */
  move(from: string, to: string): void {
    this.leave(from);
    this.#add(to);
  }

  /** A session ended. */
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

  /** Counts a session, and returns the address as the text that is kept already. */
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
