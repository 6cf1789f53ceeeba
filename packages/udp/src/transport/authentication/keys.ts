/** Derives and stores the keys of datagram sessions. docs/udp.md, "Keys". */
import { Buffer } from 'node:buffer';
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Bytes } from 'naru/base';
import { KEY_BYTES, TAG_BYTES } from '../../protocol/datagram/layout.js';
import { hmac, type KeyPlace, PREPARED_WORDS, prepareKey } from './authenticator.js';

/** Bytes of a session's two keys: the client's, then the server's. */
export const PAIR_BYTES = 2 * KEY_BYTES;

const INFO = Buffer.from('naru udp 1');
const NOTHING = Buffer.alloc(0);
// RFC 8410: the bytes before the 32 bytes of an X25519 public key in DER.
const DER_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** A key pair of RFC 7748 for one or more agreements. */
export interface Agreement {
  readonly publicKey: Bytes;
  readonly privateKey: KeyObject;
}

/** Creates a key pair. This takes about 0.1 ms. */
export function createAgreement(): Agreement {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { publicKey: der.subarray(DER_PREFIX.byteLength), privateKey };
}

/** Returns the shared secret of an agreement, or `undefined` for a public key that no honest peer has. */
export function agree({ privateKey }: Agreement, publicKey: Bytes): Bytes | undefined {
  try {
    const key = createPublicKey({ key: Buffer.concat([DER_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return diffieHellman({ privateKey, publicKey: key });
  } catch {
    // OpenSSL refuses a point of small order, whose shared secret would be all zeros. RFC 7748, section 6.1.
    return undefined;
  }
}

/** The inputs from which the keys of a session are derived. */
export interface KeyMaterial {
  readonly nonce: Bytes;
  readonly cookie: Bytes;
  /** The shared secret of the agreement, if there was one. */
  readonly shared?: Bytes | undefined;
  /** A secret that both ends knew before: a password, or the key of a lane. */
  readonly secret?: Bytes | undefined;
}

/** Derives the two keys of a session by HKDF (RFC 5869). */
export function deriveKeys({ nonce, cookie, shared = NOTHING, secret = NOTHING }: KeyMaterial): Bytes {
  const extracted = hmac(Buffer.concat([nonce, cookie]), shared, secret);
  const first = hmac(extracted, INFO, Uint8Array.of(1));
  return Buffer.concat([first, hmac(extracted, first, INFO, Uint8Array.of(2))]);
}

/** Returns the tag of a CONNECT, which proves that its sender knows the secret. `head` is everything before the tag. */
export function tagOfConnect(head: Bytes, secret: Bytes = NOTHING): Bytes {
  return hmac(secret, head).subarray(0, TAG_BYTES);
}

const SLOTS_MAX = 1_024;

/** Prepares a key that is not in a table. */
export function placeKey(key: Bytes): KeyPlace {
  const place = { keys: key, keyAt: 0, prepared: new Int32Array(PREPARED_WORDS), preparedAt: 0 };
  prepareKey(place);
  return place;
}

/** The keys of several sessions, with their prepared states. */
interface KeyBlock {
  readonly bytes: Buffer;
  readonly prepared: Int32Array;
}

/** The keys of many sessions in a few large buffers. */
export class KeyTable {
  readonly #slotsPerBlock: number;
  readonly #blocks: KeyBlock[] = [];
  readonly #free: number[] = [];
  /** Reused for each call, because an object per key would take more memory than the key. */
  readonly #place: KeyPlace = { keys: NOTHING, keyAt: 0, prepared: new Int32Array(0), preparedAt: 0 };
  #count = 0;

  /** Memory is allocated for `slotsPerBlock` sessions at a time. */
  constructor(slotsPerBlock = SLOTS_MAX) {
    this.#slotsPerBlock = slotsPerBlock;
  }

  /** Stores the two keys of a session and returns their slot. */
  add(pair: Bytes): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#count;
      this.#count += 1;
      if (slot === this.#blocks.length * this.#slotsPerBlock) {
        const words = this.#slotsPerBlock * 2 * PREPARED_WORDS;
        this.#blocks.push({ bytes: Buffer.alloc(this.#slotsPerBlock * PAIR_BYTES), prepared: new Int32Array(words) });
      }
    }
    const first = this.placeOf(slot, false);
    (first.keys as Buffer).set(pair, first.keyAt);
    prepareKey(first);
    prepareKey(this.placeOf(slot, true));
    return slot;
  }

  /** Overwrites the keys of a session that has ended. */
  remove(slot: number): void {
    const { keys, keyAt, prepared, preparedAt } = this.placeOf(slot, false);
    keys.fill(0, keyAt, keyAt + PAIR_BYTES);
    prepared.fill(0, preparedAt, preparedAt + 2 * PREPARED_WORDS);
    this.#free.push(slot);
  }

  /** Returns the client's or the server's key of a session. The result is valid until the next call. */
  placeOf(slot: number, isServers: boolean): KeyPlace {
    const { bytes, prepared } = this.#blocks[Math.trunc(slot / this.#slotsPerBlock)] as KeyBlock;
    const index = 2 * (slot % this.#slotsPerBlock) + (isServers ? 1 : 0);
    const place = this.#place;
    place.keys = bytes;
    place.keyAt = index * KEY_BYTES;
    place.prepared = prepared;
    place.preparedAt = index * PREPARED_WORDS;
    return place;
  }
}
