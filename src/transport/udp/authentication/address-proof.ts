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

  /** The cookie for an address and the nonce that came from it. */
  issue(address: string, port: number, nonce: Bytes): Bytes {
    return cookieOf(this.#keys()[0], address, port, nonce);
  }

  /** Whether this server gave the cookie to this address for this nonce, not long ago. */
  isProof(cookie: Bytes, address: string, port: number, nonce: Bytes): boolean {
    return this.#keys().some((key) => timingSafeEqual(cookie, cookieOf(key, address, port, nonce)));
  }

  /** What a session's client has to send back from a new address. */
  issuePathToken(address: string, port: number, id: number): Bytes {
    return pathTokenOf(this.#keys()[0], address, port, id);
  }

  /** Whether this server sent the token for this session to this address, not long ago. */
  isPathToken(token: Bytes, address: string, port: number, id: number): boolean {
    return this.#keys().some((key) => timingSafeEqual(token, pathTokenOf(key, address, port, id)));
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

function cookieOf(key: Bytes, address: string, port: number, nonce: Bytes): Buffer {
  return hmac(key, Buffer.from(`cookie ${port} ${address} `), nonce).subarray(0, COOKIE_BYTES);
}

function pathTokenOf(key: Bytes, address: string, port: number, id: number): Buffer {
  return hmac(key, Buffer.from(`path ${port} ${address} ${id}`)).subarray(0, PATH_TOKEN_BYTES);
}
