/** Authenticates datagrams: HMAC-SHA-256-128 (RFC 4868), made of two one-shot hashes, which costs less than an Hmac object each. */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { Bytes } from '../../base/bytes.js';
import { DATAGRAM_BYTES_MAX, KEY_BYTES, TAG_BYTES } from '../../protocol/datagram/layout.js';

/** Bytes of a block of SHA-256, which stand before what is hashed: the key belongs there. */
export const BLOCK_BYTES = 64;

const INNER = 0x36;
const OUTER = 0x5c;
const DIGEST_BYTES = 32;

const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
const received = createArea();

/** Room for a datagram with a block for the key before it. */
export function createArea(): Buffer {
  return Buffer.alloc(BLOCK_BYTES + DATAGRAM_BYTES_MAX);
}

/** Writes the tag of the `size` bytes that stand in the area behind the block to the place behind them. The key is at `keyAt` of `keys`. */
export function sign(area: Buffer, size: number, keys: Bytes, keyAt: number): void {
  digest(area, size, keys, keyAt).copy(area, BLOCK_BYTES + size, 0, TAG_BYTES);
}

/** Whether the last bytes of a datagram are its tag. Takes as long for any wrong tag. */
export function verify(datagram: Bytes, keys: Bytes, keyAt: number): boolean {
  const size = datagram.byteLength - TAG_BYTES;
  if (size < 0 || datagram.byteLength > DATAGRAM_BYTES_MAX) return false;
  received.set(datagram, BLOCK_BYTES);
  const expected = digest(received, size, keys, keyAt);
  let difference = 0;
  for (let at = 0; at < TAG_BYTES; at += 1) difference |= (expected[at] as number) ^ (datagram[size + at] as number);
  return difference === 0;
}

/** RFC 2104 for a key of 32 bytes. */
function digest(area: Buffer, size: number, keys: Bytes, keyAt: number): Buffer {
  writeBlock(area, keys, keyAt, INNER);
  outer.set(hash('sha256', area.subarray(0, BLOCK_BYTES + size), 'buffer'), BLOCK_BYTES);
  writeBlock(outer, keys, keyAt, OUTER);
  return hash('sha256', outer, 'buffer');
}

function writeBlock(target: Buffer, keys: Bytes, keyAt: number, pad: number): void {
  for (let at = 0; at < KEY_BYTES; at += 1) target[at] = (keys[keyAt + at] as number) ^ pad;
  target.fill(pad, KEY_BYTES, BLOCK_BYTES);
}
