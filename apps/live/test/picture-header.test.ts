import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpus, readVp8, readVp9 } from '../server/media/picture-header.js';
import { vp8Delta, vp8Key } from './frames.js';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('a frame of VP8', () => {
  it('says its size when it is a key frame', () => {
    expect(readVp8(vp8Key({ width: 1280, height: 720 }))).toEqual({ isKey: true, width: 1280, height: 720 });
  });

  it('has no size when it is not', () => {
    expect(readVp8(vp8Delta())).toEqual({ isKey: false, width: 0, height: 0 });
  });

  it('is refused when it is cut before the end of its first part', () => {
    const whole = vp8Key();
    for (let end = 0; end < 15; end++) expect(readVp8(whole.subarray(0, end))).toBeUndefined();
    expect(readVp8(whole.subarray(0, 15))).toBeDefined();
  });

  it('is refused without its start code', () => {
    const data = vp8Key();
    data[4] = 2;
    expect(readVp8(data)).toBeUndefined();
  });
});

describe('a frame of VP9', () => {
  // Marker 10, profile 00, shown, key; sync code 49 83 42; colours 001, range 0; 640 x 360.
  const key = bytesOf('824983422027f01670');

  it('says its size when it is a key frame', () => {
    const bits = `10000010${'010010011000001101000010'}0010${(639).toString(2).padStart(16, '0')}${(359).toString(2).padStart(16, '0')}`;
    const data = bits.padEnd(96, '0').match(/.{8}/g) ?? [];
    expect(readVp9(Uint8Array.from(data.map((byte) => Number.parseInt(byte, 2))))).toEqual({
      isKey: true,
      width: 640,
      height: 360,
      colours: 'bt601',
    });
  });

  it.each([
    [0, undefined],
    [0x20, 'bt601'],
    [0x40, 'bt709'],
    [0x60, 'bt601'],
    [0x70, 'bt601-full'],
    [0xa0, 'bt709'],
    [0xc0, undefined],
  ])('says how its colours are written, with the bits %i', (bits, colours) => {
    const data = key.slice();
    data[4] = bits | ((data[4] ?? 0) & 0x0f);
    expect(readVp9(data)?.colours).toBe(colours);
  });

  it('is refused without its sync code, or when it is cut', () => {
    const broken = key.slice();
    broken[1] = 0;
    expect(readVp9(broken)).toBeUndefined();
    for (let end = 0; end < 8; end++) expect(readVp9(key.subarray(0, end))).toBeUndefined();
  });

  it('has no size when it is not a key frame', () => {
    expect(readVp9(bytesOf('860041'))).toEqual({ isKey: false, width: 0, height: 0 });
  });

  it('may be a single byte that shows an earlier one again', () => {
    expect(readVp9(bytesOf('88'))).toEqual({ isKey: false, width: 0, height: 0 });
  });
});

describe('a packet of Opus', () => {
  it.each([
    ['one frame', '7801', true],
    ['two frames of one size', '790102', true],
    ['two frames, cut', '7901', false],
    ['two frames of unequal halves', '79010203', false],
    ['several frames without their number', '7b', false],
    ['no frames', '7b00', false],
    ['nothing', '', false],
  ])('with %s', (_name, hex, is) => {
    expect(isOpus(bytesOf(hex))).toBe(is);
  });
});

it('reads random bytes without an error, and never claims a size that is not in them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      for (const claims of [readVp8(data), readVp9(data)]) {
        if (claims && !claims.isKey) expect(claims.width).toBe(0);
        if (claims?.isKey) expect(data.byteLength).toBeGreaterThan(7);
      }
      expect(typeof isOpus(data)).toBe('boolean');
    }),
    { seed: 20_261_122 },
  );
});
