/**
 * Authenticates datagrams by HMAC-SHA-256-128 (RFC 2104, RFC 4868). The two hash states of each key are computed in
 * advance.
 */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { Bytes } from 'naru/base';
import { DATAGRAM_BYTES_MAX, KEY_BYTES, TAG_BYTES } from '../../protocol/datagram/layout.js';
import { block, compress, fillBlock, STATE_WORDS, startState } from './sha256.js';

/** Bytes of a block of SHA-256. The hashed text begins with one block for the key. */
export const BLOCK_BYTES = 64;
/** The number of words that `prepareKey` computes for a key. */
export const PREPARED_WORDS = 2 * STATE_WORDS;

/** The places of a key and of its prepared states. */
export interface KeyPlace {
  keys: Bytes;
  keyAt: number;
  prepared: Int32Array;
  preparedAt: number;
}

const INNER = 0x36;
const OUTER = 0x5c;
const DIGEST_BYTES = 32;
// For longer texts, a call of OpenSSL is faster.
const SHORT_BYTES_MAX = 250;
// The padding of the outer hash: a bit, and the size of a key block and a digest in bits.
const END_MARK = 0x8000_0000 | 0;
const OUTER_BITS = 8 * (BLOCK_BYTES + DIGEST_BYTES);

const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
const someBlock = Buffer.alloc(BLOCK_BYTES);
const received = createArea();
const state = new Int32Array(STATE_WORDS);

/** Creates room for a datagram, with a block for the key before it and room for the hash's padding after it. */
export function createArea(): Buffer {
  return Buffer.alloc(BLOCK_BYTES + DATAGRAM_BYTES_MAX + BLOCK_BYTES);
}

/** Computes the hash states after the key's blocks, so that the blocks are not hashed again for each datagram. */
export function prepareKey({ keys, keyAt, prepared, preparedAt }: KeyPlace): void {
  for (const [index, pad] of [INNER, OUTER].entries()) {
    writeKeyBlock(outer, keys, keyAt, pad);
    startState(state);
    fillBlock(outer, 0);
    compress(state);
    prepared.set(state, preparedAt + index * STATE_WORDS);
  }
}

/**
 * Signs the `size` bytes after the key's block in `area`: writes their tag after them. Bytes after the tag may be
 * overwritten.
 */
export function sign(area: Buffer, size: number, key: KeyPlace): void {
  digest(area, size, key);
  for (let word = 0, at = BLOCK_BYTES + size; at < BLOCK_BYTES + size + TAG_BYTES; word += 1, at += 4)
    area.writeInt32BE(state[word] as number, at);
}

/** Whether the last bytes of a datagram are its tag. Every wrong tag takes the same time. */
export function verify(datagram: Buffer, key: KeyPlace): boolean {
  const size = datagram.byteLength - TAG_BYTES;
  if (size < 0 || datagram.byteLength > DATAGRAM_BYTES_MAX) return false;
  received.set(datagram, BLOCK_BYTES);
  digest(received, size, key);
  let difference = 0;
  for (let word = 0; word < TAG_BYTES / 4; word += 1)
    difference |= (state[word] as number) ^ datagram.readInt32BE(size + 4 * word);
  return difference === 0;
}

/**
 * Returns the HMAC-SHA-256 of the concatenated parts, with a key of any size. The digests are strings inside, because a
 * server computes several for each new client. Separate Buffers or Hmac objects would hold memory outside of the heap
 * until they are collected.
 */
export function hmac(key: Bytes, ...parts: readonly Bytes[]): Buffer {
  const short = key.byteLength > BLOCK_BYTES ? Buffer.from(hash('sha256', key, 'binary'), 'latin1') : key;
  const inner = Buffer.concat([keyBlock(short, INNER), ...parts]);
  outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1');
  keyBlock(short, OUTER).copy(outer);
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1');
}

/** Returns a key of at most a block as a padded block, which is valid until the next call. */
function keyBlock(key: Bytes, pad: number): Buffer {
  someBlock.fill(pad);
  for (let at = 0; at < key.byteLength; at += 1) someBlock[at] = (key[at] as number) ^ pad;
  return someBlock;
}

/** Computes the digest into `state`. */
function digest(area: Buffer, size: number, { keys, keyAt, prepared, preparedAt }: KeyPlace): void {
  if (size > SHORT_BYTES_MAX) {
    writeKeyBlock(area, keys, keyAt, INNER);
    outer.write(hash('sha256', area.subarray(0, BLOCK_BYTES + size), 'binary'), BLOCK_BYTES, 'latin1');
    writeKeyBlock(outer, keys, keyAt, OUTER);
    const whole = hash('sha256', outer, 'buffer');
    for (let word = 0; word < STATE_WORDS; word += 1) state[word] = whole.readInt32BE(4 * word);
    return;
  }
  load(prepared, preparedAt);
  const end = pad(area, BLOCK_BYTES + size);
  for (let at = BLOCK_BYTES; at < end; at += BLOCK_BYTES) {
    fillBlock(area, at);
    compress(state);
  }
  for (let word = 0; word < STATE_WORDS; word += 1) block[word] = state[word] as number;
  block[STATE_WORDS] = END_MARK;
  for (let word = STATE_WORDS + 1; word < 15; word += 1) block[word] = 0;
  block[15] = OUTER_BITS;
  load(prepared, preparedAt + STATE_WORDS);
  compress(state);
}

/**
 * Pads the text at `end` with a bit and the size, key block included. Returns the end of the last block. FIPS 180-4,
 * section 5.1.1.
 */
function pad(area: Buffer, end: number): number {
  const padded = (Math.trunc((end + 8) / BLOCK_BYTES) + 1) * BLOCK_BYTES;
  area[end] = 0x80;
  for (let at = end + 1; at < padded - 2; at += 1) area[at] = 0;
  // The sizes of datagrams fit 16 bits.
  area[padded - 2] = (8 * end) >>> 8;
  area[padded - 1] = 8 * end;
  return padded;
}

function load(prepared: Int32Array, at: number): void {
  for (let word = 0; word < STATE_WORDS; word += 1) state[word] = prepared[at + word] as number;
}

function writeKeyBlock(target: Buffer, keys: Bytes, keyAt: number, pad: number): void {
  for (let at = 0; at < KEY_BYTES; at += 1) target[at] = (keys[keyAt + at] as number) ^ pad;
  target.fill(pad, KEY_BYTES, BLOCK_BYTES);
}
