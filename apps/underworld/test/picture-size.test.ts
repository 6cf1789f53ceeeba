import { describe, expect, it } from 'vitest';
import { sizeOf } from '../server/pictures/picture-size.js';
import { showableType, sniff } from '../server/pictures/pictures.js';
import { LIMITS } from '../shared/limits.js';
import { pngOf } from './pictures.js';

/** The beginnings of pictures of 300 by 200 pixels, as encoders write them. */
const BEGINNINGS: readonly (readonly [type: string, kind: string, hex: string])[] = [
  ['image/png', 'PNG', '89504e470d0a1a0a0000000d49484452 0000012c000000c8 0806000000'],
  ['image/gif', 'GIF', '474946383961 2c01c800 000000 2c 00000000 2c01c800 00'],
  [
    'image/gif',
    'moving GIF',
    '474946383961 0a000a00 800000 000000ffffff 21ff 02aabb 03ccddee 00 2c 64006400 c8006400 00',
  ],
  ['image/webp', 'lossy', '5249464624000000 57454250 56503820 18000000 300100 9d012a 2c01c800 0200'],
  ['image/webp', 'lossless', '5249464624000000 57454250 5650384c 18000000 2f 2bc13100 0000'],
  ['image/webp', 'extended', '5249464624000000 57454250 56503858 0a000000 10000000 2b0100 c70000 0000'],
  ['image/jpeg', 'JPEG', 'ffd8 ffe00010 4a46494600010100000100010000 ffc00011 08 00c8 012c 03012200021101031101'],
  ['image/jpeg', 'progressive', 'ffd8 ffff e1 0006 45786966 ffc20011 08 00c8 012c 03012200021101031101'],
  ['image/avif', 'AVIF', '0000001c 66747970 61766966 00000000 00000014 69737065 00000000 0000012c 000000c8 00000000'],
];

describe('the size of a picture', () => {
  it.each(BEGINNINGS)('is read from %s, %s', (type, _kind, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(sniff(bytes)).toBe(type);
    expect(sizeOf(type, bytes)).toEqual({ width: 300, height: 200 });
    expect(showableType(bytes)).toBe(type);
  });

  it.each(BEGINNINGS)('is undefined when the bytes end too soon: %s, %s', (type, _kind, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    for (let count = 0; count < bytes.length; count++) {
      const size = sizeOf(type, bytes.subarray(0, count));
      expect([undefined, 300]).toContain(size?.width);
      expect([undefined, 200]).toContain(size?.height);
    }
  });

  it('is bounded by side and by area, so that a small file cannot fill the memory of viewers', () => {
    const side = LIMITS.pictureSideMax;
    const most = Math.floor(LIMITS.picturePixelsMax / side);
    expect(showableType(pngOf(100, side, most))).toBe('image/png');
    for (const [width, height] of [
      [side + 1, 1],
      [1, side + 1],
      [side, most + 1],
      [0, 10],
      [0xffffffff, 0xffffffff],
    ] as const)
      expect(showableType(pngOf(100, width, height))).toBeUndefined();
  });

  it('is required', () => {
    expect(showableType(Buffer.from('\xff\xd8\xff\xda no frame before the scan', 'latin1'))).toBeUndefined();
    expect(showableType(Buffer.from('<svg onload="alert(1)"> no picture at all'))).toBeUndefined();
  });
});
