/** Proves that who asks can receive at its address, and keeps nothing until it did: a cookie that only this server can make. */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { Bytes } from '../../../base/bytes.js';
import type { Timers } from '../../../base/clock.js';
import type { Random } from '../../../base/id.js';
import { COOKIE_BYTES, PATH_TOKEN_BYTES } from '../../../protocol/datagram/layout.js';
import { hmac } from './authenticator.js';

/** Milliseconds after which a cookie is good no more, at most; at least it is half of that. */
export const COOKIE_LIFE_MS = 10_000;

const PERIOD_MS = COOKIE_LIFE_MS / 2;
const KEY_BYTES = 32;

/** Makes cookies and knows them again. The key changes with each period, and the one before is good for one more. */
export class AddressProof {
  readonly #clock: Timers;
  readonly #random: Random;
  #period = 0;
  #pair: readonly [key: Bytes, previous: Bytes];

  constructor(clock: Timers, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#pair = [random.bytes(KEY_BYTES), random.bytes(KEY_BYTES)];
  }

  /** The cookie for an address and the nonce that came from it, or, for the id of a session, what its client has to send back from there. */
  issue(address: string, port: number, about: Bytes | number): Bytes {
    return proofOf(this.#keys()[0], address, port, about);
  }

  /** Whether this server sent the proof to this address for this nonce, or this session, not long ago. */
  isProof(proof: Bytes, address: string, port: number, about: Bytes | number): boolean {
    return this.#keys().some((key) => timingSafeEqual(proof, proofOf(key, address, port, about)));
  }

  /** The key of this period, and the previous one. */
  #keys(): readonly [key: Bytes, previous: Bytes] {
    const period = Math.floor(this.#clock.now() / PERIOD_MS);
    const passed = Math.abs(period - this.#period);
    this.#period = period;
    if (passed > 0) {
      const previous = passed === 1 ? this.#pair[0] : this.#random.bytes(KEY_BYTES);
      this.#pair = [this.#random.bytes(KEY_BYTES), previous];
    }
    return this.#pair;
  }
}

function proofOf(key: Bytes, address: string, port: number, about: Bytes | number): Buffer {
  if (typeof about === 'number')
    return hmac(key, Buffer.from(`path ${port} ${address} ${about}`)).subarray(0, PATH_TOKEN_BYTES);
  return hmac(key, Buffer.from(`cookie ${port} ${address} `), about).subarray(0, COOKIE_BYTES);
}
