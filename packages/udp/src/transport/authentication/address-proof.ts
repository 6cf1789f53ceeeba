/**
 * Proves that a client receives data at its address, by a cookie that only this server can create. The server keeps no
 * state until then.
 */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { Bytes, Random, Timers } from 'naru/base';
import { COOKIE_BYTES, PATH_TOKEN_BYTES } from '../../protocol/datagram/layout.js';
import { hmac } from './authenticator.js';

/** The longest lifetime of a cookie in milliseconds. The shortest is half of that. */
export const COOKIE_LIFE_MS = 10_000;

const PERIOD_MS = COOKIE_LIFE_MS / 2;
const KEY_BYTES = 32;

/** Issues and checks cookies. The key changes with each period, and the previous key stays valid for one more. */
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

  /**
   * Returns the cookie for an address and a nonce, or, for the id of a session, the token that its client has to send
   * back.
   */
  issue(address: string, port: number, about: Bytes | number): Bytes {
    return proofOf(this.#keys()[0], address, port, about);
  }

  /** Whether this server issued the proof recently for this address and nonce or session. */
  isProof(proof: Bytes, address: string, port: number, about: Bytes | number): boolean {
    return this.#keys().some((key) => timingSafeEqual(proof, proofOf(key, address, port, about)));
  }

  /** Returns the key of this period and the previous one. */
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
