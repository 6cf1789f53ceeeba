import { describe, expect, it } from 'vitest';
import { allocateBytes, allocateOwnBytes, copyBytes, sliceAscii, sliceUtf8 } from '../../src/protocol/bytes.js';

describe('bytes', () => {
  it('allocates Buffers in Node, pooled or in memory of their own', () => {
    expect([allocateBytes(5).byteLength, allocateOwnBytes(5).byteLength]).toEqual([5, 5]);
    expect(allocateBytes(5)).toBeInstanceOf(Buffer);
    expect(allocateOwnBytes(5).buffer.byteLength).toBe(5);
  });

  it('slices text out of bytes of any kind', () => {
    for (const bytes of [Buffer.from('xhéy'), new TextEncoder().encode('xhéy')]) {
      expect(sliceAscii(bytes, 0, 2)).toBe('xh');
      expect(sliceUtf8(bytes, 1, 4)).toBe('hé');
      expect(sliceUtf8(bytes, 2, 3)).toBe('\ufffd');
    }
    expect(sliceUtf8(Buffer.from('\ufeffa'), 0, 4)).toBe('\ufeffa');
  });

  it('copies a range so that neither changes the other', () => {
    const bytes = Buffer.from([1, 2, 3, 4]);
    const copy = copyBytes(bytes, 1, 3);
    bytes[1] = 9;
    expect([...copy]).toEqual([2, 3]);
  });
});
