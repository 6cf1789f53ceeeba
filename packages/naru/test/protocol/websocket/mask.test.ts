import { describe, expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { mask, rotateKey, unmask } from '../../../src/protocol/websocket/mask.js';
import { type MaskMemory, maskMemory } from '../../../src/protocol/websocket/mask-memory.js';

const KEY = [0x80, 0xfe, 0x01, 0x7f];
const KEY_NUMBER = 0x80fe017f | 0;

/** Masks exactly as RFC 6455, section 5.3 describes. */
function plainly(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.map((byte, index) => (index < start || index >= end ? byte : byte ^ (KEY[(index - start) % 4] ?? 0)));
}

function sample(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 37 + 11) & 0xff);
}

describe('mask', () => {
  it('gives the result of the RFC at every size, start and alignment', () => {
    for (const size of [0, 1, 2, 3, 4, 5, 7, 8, 63, 95, 96, 97, 98, 99, 100, 127, 300]) {
      for (let start = 0; start < 6; start += 1) {
        for (let shift = 0; shift < 4; shift += 1) {
          const bytes = new Uint8Array(shift + start + size + 3).subarray(shift);
          bytes.set(sample(start + size + 3));
          const expected = plainly(bytes, start, start + size);
          unmask(bytes, start, start + size, KEY_NUMBER);
          expect(bytes).toEqual(expected);
          mask(bytes, start, start + size, Uint8Array.from(KEY));
          expect(bytes).toEqual(sample(start + size + 3));
        }
      }
    }
  });

  it('gives the same result for large payloads, in the mask memory and elsewhere', () => {
    const { reads } = maskMemory() as MaskMemory;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 140_000 }),
        fc.integer({ min: 0, max: 40 }),
        fc.boolean(),
        fc.boolean(),
        (size, start, isLent, isAscii) => {
          const plain = sample(start + size + 20);
          if (isAscii) for (const [index, byte] of plain.entries()) plain[index] = byte & 0x7f;
          const bytes = isLent ? reads.subarray(7, 7 + plain.length) : new Uint8Array(plain.length);
          bytes.set(plainly(plain, start, start + size));
          const isSeenAscii = unmask(bytes, start, start + size, KEY_NUMBER);
          expect(Buffer.compare(bytes, plain)).toBe(0);
          expect(isSeenAscii).toBe(plain.subarray(start, start + size).every((byte) => byte < 0x80));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reports whether the result is ASCII, wherever another byte is', () => {
    for (const size of [1, 5, 95, 200, 203, 2_049]) {
      const ascii = new Uint8Array(size).fill(0x41);
      mask(ascii, 0, size, Uint8Array.from(KEY));
      expect(unmask(ascii, 0, size, KEY_NUMBER)).toBe(true);
      for (let at = 0; at < size; at += 1) {
        const bytes = new Uint8Array(size).fill(0x41);
        bytes[at] = 0x80;
        mask(bytes, 0, size, Uint8Array.from(KEY));
        expect(unmask(bytes, 0, size, KEY_NUMBER)).toBe(false);
      }
    }
    expect(unmask(new Uint8Array(0), 0, 0, KEY_NUMBER)).toBe(true);
  });

  it('rotates the key by the number of masked bytes', () => {
    expect(rotateKey(0x01020304, 0)).toBe(0x01020304);
    expect(rotateKey(0x01020304, 1)).toBe(0x02030401);
    expect(rotateKey(0x01020304, 6)).toBe(0x03040102);
    expect(rotateKey(0x80fe017f | 0, 3)).toBe(0x7f80fe01);
  });

  it('masks the same in two parts as in one', () => {
    for (let cut = 0; cut <= 150; cut += 1) {
      const whole = sample(150);
      const parts = sample(150);
      unmask(whole, 0, 150, KEY_NUMBER);
      unmask(parts, 0, cut, KEY_NUMBER);
      unmask(parts, cut, 150, rotateKey(KEY_NUMBER, cut));
      expect(parts).toEqual(whole);
    }
  });
});
