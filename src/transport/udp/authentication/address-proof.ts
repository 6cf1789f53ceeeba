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
  #key: Uint8Array;
  #formerKey: Uint8Array;

  constructor(clock: Timers, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#key = random.bytes(KEY_BYTES);
    this.#formerKey = random.bytes(KEY_BYTES);
  }

  /** The cookie for an address and the nonce that came from it. */
  issue(address: string, port: number, nonce: Bytes): Bytes {
    this.#rotate();
    return cookieOf(this.#key, address, port, nonce);
  }

  /** Whether this server gave the cookie to this address for this nonce, not long ago. */
  isProof(cookie: Bytes, address: string, port: number, nonce: Bytes): boolean {
    this.#rotate();
    return (
      timingSafeEqual(cookie, cookieOf(this.#key, address, port, nonce)) ||
      timingSafeEqual(cookie, cookieOf(this.#formerKey, address, port, nonce))
    );
  }

  /** What a session's client has to send back from a new address. */
  issuePathToken(address: string, port: number, id: number): Bytes {
    this.#rotate();
    return pathTokenOf(this.#key, address, port, id);
  }

  /** Whether this server sent the token for this session to this address, not long ago. */
  isPathToken(token: Bytes, address: string, port: number, id: number): boolean {
    this.#rotate();
    return (
      timingSafeEqual(token, pathTokenOf(this.#key, address, port, id)) ||
      timingSafeEqual(token, pathTokenOf(this.#formerKey, address, port, id))
    );
  }

  #rotate(): void {
    const period = Math.floor(this.#clock.now() / PERIOD_MS);
    const passed = Math.abs(period - this.#period);
    if (passed === 0) return;
    this.#formerKey = passed === 1 ? this.#key : this.#random.bytes(KEY_BYTES);
    this.#key = this.#random.bytes(KEY_BYTES);
    this.#period = period;
  }
}

function cookieOf(key: Bytes, address: string, port: number, nonce: Bytes): Buffer {
  return hmac(key, Buffer.from(`cookie ${port} ${address} `), nonce).subarray(0, COOKIE_BYTES);
}

function pathTokenOf(key: Bytes, address: string, port: number, id: number): Buffer {
  return hmac(key, Buffer.from(`path ${port} ${address} ${id}`)).subarray(0, PATH_TOKEN_BYTES);
}
