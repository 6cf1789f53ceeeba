/** Decides whether a proven address may open another session, and remembers the answered CONNECTs. */
import { Buffer } from 'node:buffer';
import type { Clock } from 'naru/base';
import { DeadlineEntry, Deadlines } from 'naru/base';
import { NetworkBounds } from '../network-bounds.js';
import { type Connect, RefusalCode } from '../protocol/datagram/handshake.js';
import type { Association } from './association.js';

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
  /** The ACCEPT or the REFUSE, once it exists, as a latin1 string. A Buffer would take memory outside of the heap. */
  answer: string | undefined = undefined;
  /** The association of an ACCEPT. */
  association: Association | undefined = undefined;

  constructor(key: string, address: string) {
    super();
    this.key = key;
    this.address = address;
  }

  /** Keeps a REFUSE as the answer. */
  refuse(answer: Uint8Array): void {
    this.answer = Buffer.from(answer).toString('latin1');
    this.association = undefined;
  }
}

/** The admitted sessions and the answered CONNECTs. */
export class Admissions {
  readonly #answered = new Map<string, Admitted>();
  readonly #expiring: Deadlines<Admitted>;
  readonly #networks: NetworkBounds;

  /** Answered CONNECTs are remembered for `rememberMs` milliseconds. */
  constructor(bounds: AdmissionBounds, rememberMs: number) {
    this.#networks = new NetworkBounds(() => bounds.clock.now(), {
      totalMax: bounds.sessionsMax,
      perNetworkMax: bounds.sessionsPerAddressMax,
      perSecondMax: bounds.connectsPerSecond,
    });
    this.#expiring = new Deadlines<Admitted>(bounds.clock, rememberMs, (entry) => {
      this.#answered.delete(entry.key);
    });
  }

  /** Finds the earlier CONNECT that this one repeats. */
  find({ cookie }: Connect): Admitted | undefined {
    return this.#answered.get(keyOf(cookie));
  }

  /**
   * Returns why another session from this address is refused, or `undefined` if it is allowed. Returns `silence` when
   * there are too many CONNECTs per second to answer them all.
   */
  check(address: string): number | 'silence' | undefined {
    const refusal = this.#networks.check(address);
    return refusal === 'full' ? RefusalCode.FULL : refusal && 'silence';
  }

  /**
   * Counts a session that opens. `admitted.address` is `address`, if possible as the string that other sessions already
   * hold.
   */
  enter({ cookie }: Connect, address: string): Admitted {
    const admitted = new Admitted(keyOf(cookie), this.#networks.enter(address));
    this.#answered.set(admitted.key, admitted);
    this.#expiring.add(admitted);
    return admitted;
  }

  /** Moves a session to another address. */
  move(from: string, to: string): void {
    this.leave(from);
    this.#networks.enter(to);
  }

  /** Removes a session that has ended. */
  leave(address: string): void {
    this.#networks.leave(address);
  }

  /** Forgets all answers. */
  close(): void {
    for (const entry of this.#answered.values()) this.#expiring.remove(entry);
    this.#answered.clear();
  }
}

function keyOf(cookie: Uint8Array): string {
  return Buffer.from(cookie.buffer, cookie.byteOffset, cookie.byteLength).toString('latin1');
}
