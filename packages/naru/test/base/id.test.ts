import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { encodeId, systemRandom } from '../../src/base/id.js';

describe('systemRandom', () => {
  it('makes unique ids of 20 characters of base64url', () => {
    const ids = new Set(Array.from({ length: 20_000 }, () => systemRandom.id()));
    expect(ids.size).toBe(20_000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
  });

  it('uses all characters in all places', () => {
    const seen = Array.from({ length: 20 }, () => new Set<string>());
    for (let count = 0; count < 5_000; count += 1) {
      for (const [place, character] of [...systemRandom.id()].entries()) seen[place]?.add(character);
    }
    for (const characters of seen) expect(characters.size).toBe(64);
  });

  it('returns as many bytes as requested, and fractions below 1', () => {
    expect([systemRandom.bytes(0).byteLength, systemRandom.bytes(37).byteLength]).toEqual([0, 37]);
    for (let count = 0; count < 1_000; count += 1) {
      const fraction = systemRandom.fraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
    }
  });
});

describe('encodeId', () => {
  it('is base64url, from any place in the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), fc.nat(25), (bytes, offset) => {
        expect(encodeId(bytes, offset)).toBe(Buffer.from(bytes.subarray(offset, offset + 15)).toString('base64url'));
      }),
    );
  });
});
