/**
 * Masks and unmasks payloads in place, long ones a word or 16 bytes at a time, and finds out whether they are ASCII.
 */
import type { Bytes } from '../../base/bytes.js';
import { BLOCK_BYTES, isLent, type MaskMemory, maskMemory } from './mask-memory.js';

// From this size on, masking whole words is faster, although it needs a view of the memory.
const WORDS_FROM_BYTES = 96;
// From this size on, a copy into the mask memory and back is faster than masking words.
const COPY_FROM_BYTES = 2048;
const HIGH_BITS = 0x80808080 | 0;

// Scratch memory that turns the four key bytes into a word in the byte order of this machine.
const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

/** Masks or unmasks (the same operation) the range in place with a key of 4 bytes. RFC 6455, section 5.3. */
export function mask(bytes: Bytes, start: number, end: number, key: Bytes): void {
  unmask(bytes, start, end, ((key[0] ?? 0) << 24) | ((key[1] ?? 0) << 16) | ((key[2] ?? 0) << 8) | (key[3] ?? 0));
}

/**
 * Unmasks the range in place and returns whether all of the result is ASCII.
 * `key` is the masking key as a big-endian 32-bit integer, whose first byte applies at `start`.
 */
export function unmask(bytes: Bytes, start: number, end: number, key: number): boolean {
  if (end - start < WORDS_FROM_BYTES) return (unmaskBytes(bytes, start, end, key) & 0x80) === 0;
  const memory = end - start >= COPY_FROM_BYTES || isLent(bytes) ? maskMemory() : undefined;
  return memory === undefined
    ? unmaskWords(bytes, start, end, key)
    : (unmaskBlocks(memory, bytes, start, end, key) & 0x80) === 0;
}

/** Rotates the key for a payload that continues `count` bytes later. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key << bits) | (key >>> (32 - bits));
}

function unmaskBytes(bytes: Bytes, start: number, end: number, key: number): number {
  const k0 = key >>> 24;
  const k1 = (key >>> 16) & 0xff;
  const k2 = (key >>> 8) & 0xff;
  const k3 = key & 0xff;
  const whole = end - 3;
  let seen = 0;
  let at = start;
  // `as number`: the caller has checked the range, which saves a check per byte.
  for (; at < whole; at += 4) {
    const b0 = (bytes[at] as number) ^ k0;
    const b1 = (bytes[at + 1] as number) ^ k1;
    const b2 = (bytes[at + 2] as number) ^ k2;
    const b3 = (bytes[at + 3] as number) ^ k3;
    bytes[at] = b0;
    bytes[at + 1] = b1;
    bytes[at + 2] = b2;
    bytes[at + 3] = b3;
    seen |= b0 | b1 | b2 | b3;
  }
  if (at < end) seen |= bytes[at] = (bytes[at] as number) ^ k0;
  if (at + 1 < end) seen |= bytes[at + 1] = (bytes[at + 1] as number) ^ k1;
  if (at + 2 < end) seen |= bytes[at + 2] = (bytes[at + 2] as number) ^ k2;
  return seen;
}

/** Masks blocks in the mask memory, and the few bytes after the last block here. */
function unmaskBlocks(memory: MaskMemory, bytes: Bytes, start: number, end: number, key: number): number {
  const blocksEnd = end - ((end - start) % BLOCK_BYTES);
  const word = (key >>> 24) | ((key >>> 8) & 0xff00) | ((key & 0xff00) << 8) | (key << 24) | 0;
  let seen = unmaskBytes(bytes, blocksEnd, end, key);
  if (isLent(bytes)) {
    const { byteOffset } = bytes;
    if (memory.unmask(byteOffset + start, byteOffset + blocksEnd, word) !== 0) seen |= 0x80;
    return seen;
  }
  const { scratch } = memory;
  for (let at = start; at < blocksEnd; at += scratch.byteLength) {
    const size = Math.min(scratch.byteLength, blocksEnd - at);
    scratch.set(bytes.subarray(at, at + size));
    if (memory.unmask(scratch.byteOffset, scratch.byteOffset + size, word) !== 0) seen |= 0x80;
    bytes.set(size === scratch.byteLength ? scratch : scratch.subarray(0, size), at);
  }
  return seen;
}

function unmaskWords(bytes: Bytes, start: number, end: number, key: number): boolean {
  const before = -(bytes.byteOffset + start) & 3;
  const wordsAt = start + before;
  const count = (end - wordsAt) >>> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + wordsAt, count);
  let seen = unmaskBytes(bytes, start, wordsAt, key);
  const turned = rotateKey(key, before);
  keyBytes[0] = turned >>> 24;
  keyBytes[1] = turned >>> 16;
  keyBytes[2] = turned >>> 8;
  keyBytes[3] = turned;
  const word = keyWord[0] as number;
  let seenWords = 0;
  for (let index = 0; index < count; index += 1) {
    const plain = (words[index] as number) ^ word;
    words[index] = plain;
    seenWords |= plain;
  }
  seen |= unmaskBytes(bytes, wordsAt + (count << 2), end, turned);
  return (seen & 0x80) === 0 && (seenWords & HIGH_BITS) === 0;
}
