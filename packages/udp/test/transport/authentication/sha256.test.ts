import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { compress, fillBlock, startState } from '../../../src/transport/authentication/sha256.js';

function digestOf(text: Buffer): string {
  const size = Math.ceil((text.byteLength + 9) / 64) * 64;
  const padded = Buffer.alloc(size);
  text.copy(padded);
  padded[text.byteLength] = 0x80;
  padded.writeUInt32BE(text.byteLength * 8, size - 4);
  const state = new Int32Array(8);
  startState(state);
  for (let at = 0; at < size; at += 64) {
    fillBlock(padded, at);
    compress(state);
  }
  return Buffer.concat([...state].map((word) => Buffer.from(Uint32Array.of(word).buffer).swap32())).toString('hex');
}

it('returns the digests of FIPS 180-4', () => {
  expect(digestOf(Buffer.from('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(digestOf(Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'))).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

it('returns the same as node:crypto, for every size', () => {
  for (let size = 0; size < 400; size += 1) {
    const text = randomBytes(size);
    expect(digestOf(text)).toBe(createHash('sha256').update(text).digest('hex'));
  }
});
